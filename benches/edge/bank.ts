// A bank of questions and answers of any size, the same every time: a shop's goods crossed with what people ask.
import type { Entry } from "../../scripts/operator.ts";

const goods = [
  "破壁机", "空气炸锅", "电饭煲", "养生壶", "咖啡机", "扫地机器人", "加湿器", "净水器", "电风扇", "吸尘器",
  "榨汁机", "烤箱", "微波炉", "电磁炉", "洗碗机", "除湿机", "热水器", "挂烫机", "面包机", "冰淇淋机",
];
const series = ["晨光", "云岚", "青禾", "星河", "暖阳"];
const models = ["P1", "P2", "S3", "S5", "T6", "X7", "X8", "M9", "Q10", "Z12"];
/** A standard question, two other phrasings, the answer; `@` stands for the product. */
const asked: [question: string, first: string, second: string, answer: string][] = [
  ["@保修期是多久", "@可以保修几年", "@在保期限有多长", "@整机保修两年，电机保修五年，从签收当天算起。"],
  ["@怎么清洗内胆", "@内胆脏了如何清洁", "@里面用什么洗比较好", "@请先断电放凉，再用软布和中性洗涤剂擦洗内胆。"],
  ["@额定功率是多少瓦", "@用电功率大不大", "@一小时耗几度电", "@的额定功率印在底部铭牌上，普通家用插座即可。"],
  ["@噪音有多少分贝", "@工作的时候声音吵吗", "@晚上用会不会太响", "@正常工作约五十分贝，夜间模式还会更安静。"],
  ["@可以用手机远程控制吗", "@能连接家里的无线网络吗", "@支持智能音箱语音操作吗", "@支持手机应用，连上家里的无线网络就能远程操作。"],
  ["@显示屏不亮了怎么处理", "@面板黑屏按键没有反应", "@通电以后屏幕没显示", "@请换一个插座并长按电源键十秒，仍不亮请联系维修。"],
  ["@配件在哪里单独购买", "@想再买一个替换的滤网", "@零件坏了哪儿有卖", "@的配件在商城“配件专区”按型号搜索就能买到。"],
  ["@发货需要几天时间", "@下单以后多久能寄出", "@今天拍什么时候出库", "@现货当天下午四点前付款，二十四小时内发出。"],
  ["@可以七天无理由退货吗", "@拆封用过还能不能退", "@不喜欢想退掉怎么办", "@签收七天内、不影响二次销售的，可以申请无理由退货。"],
  ["@说明书电子版在哪下载", "@纸质手册丢了怎么补", "@有没有使用教程视频", "@的电子说明书在商城“服务与支持”里按型号下载。"],
];

/** `goods × series × models × asked` entries are one generation of goods: 10,000. `phrasings`: of each entry, 1 to 5. */
export function bank(count: number, phrasings = 3): Entry[] {
  return Array.from({ length: count }, (_, at) => entry(at, phrasings));
}

function entry(at: number, phrasings: number): Entry {
  // Neighbours differ in all parts, so that a small bank has its share of every good and every question.
  const pick = <T>(from: T[], number: number): T => from[number % from.length]!;
  const product = Math.floor(at / asked.length);
  const generation = Math.floor(product / goods.length / series.length / models.length);
  const name =
    pick(series, Math.floor(product / goods.length)) + pick(goods, product) + " " +
    pick(models, Math.floor(product / goods.length / series.length)) + (generation > 0 ? `第${generation + 1}代` : "");
  const [question, first, second, answer] = pick(asked, at).map((text) => text.replace("@", name)) as [string, string, string, string];
  const variants = [first, second, `我家的${second}`, `想了解一下${first}，谢谢`].slice(0, phrasings - 1);
  return { id: `b${at + 1}`, question, variants, answer: `${answer}（条目 ${at + 1}）`, category: "" };
}

/** The `number`th question that a customer types: a phrasing of an entry, in a customer's own manner. */
export function question(entries: Entry[], number: number): { text: string; answer: string } {
  // A prime step visits the whole bank before it repeats.
  const entry = entries[(number * 7_919) % entries.length]!;
  const phrasing = [entry.question, ...entry.variants.slice(0, 2)][number % Math.min(3, 1 + entry.variants.length)]!;
  const text = [`${phrasing}`, `请问${phrasing}呢`, `${phrasing}？谢谢`][Math.floor(number / 3) % 3]!;
  return { text, answer: entry.answer };
}
