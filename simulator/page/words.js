// Every text of the page, Chinese first, and which language is on.

const WORDS = {
  'zh-CN': {
    title: '微信模拟器', name: '客户昵称（可不填）', create: '新客户', empty: '还没有客户。点“新客户”，拿起第一部手机。',
    send: '发送', input: '说点什么', image: '图片', location: '位置', scan: '扫一扫', unfollow: '取消关注', follow: '关注公众号', close: '收起这部手机',
    typing: '对方正在输入…', passive: '被动回复', custom_send: '客服消息', menu_click: '点击菜单', more: '更多', menu: '菜单', keyboard: '键盘',
    quota: (left) => `客服消息还可发 ${left} 条`, closed: '客服消息窗口已关闭', offline: '与模拟器的连接断开，正在重连…', failed: '没能发出：', read: '阅读全文', yesterday: '昨天', scene: '二维码场景值', place: '上海市人民广场',
    enter: '进入会话', kf_send: '微信客服', kf_event: '事件消息', kf_servicer: '接待人员', recalled: (from) => (from === 'customer' ? '你撤回了一条消息' : '对方撤回了一条消息'),
    voice: '语音', video: '视频', link: '链接', file: '文件', card: '小程序卡片', consent: '订阅通知', template: '模板消息', subscribe: '订阅通知', ai: 'AI 生成',
    said: '语音转文字（可不填）', linkTitle: '怎么除水垢', fileName: '说明书.pdf', cardTitle: '我的订单',
    system: {},
  },
  en: {
    title: 'WeChat simulator', name: 'Name (optional)', create: 'New customer', empty: 'No customers yet. Press "New customer" to pick up the first phone.',
    send: 'Send', input: 'Say something', image: 'Picture', location: 'Location', scan: 'Scan QR', unfollow: 'Unfollow', follow: 'Follow this account', close: 'Put this phone away',
    typing: 'Typing…', passive: 'passive reply', custom_send: 'customer-service message', menu_click: 'menu', more: 'More', menu: 'Menu', keyboard: 'Keyboard',
    quota: (left) => `${left} customer-service messages left`, closed: 'Customer-service window closed', offline: 'Connection lost, reconnecting…', failed: 'Not sent: ', read: 'Read more', yesterday: 'Yesterday', scene: 'QR scene', place: "People's Square, Shanghai",
    enter: 'Open the chat', kf_send: 'KF message', kf_event: 'event message', kf_servicer: 'servicer', recalled: (from) => (from === 'customer' ? 'You took back a message' : 'A message was taken back'),
    voice: 'Voice', video: 'Video', link: 'Link', file: 'File', card: 'Mini program', consent: 'Subscribe', template: 'template message', subscribe: 'subscribe message', ai: 'AI',
    said: 'What WeChat heard (optional)', linkTitle: 'How to descale', fileName: 'manual.pdf', cardTitle: 'My orders',
    system: {
      enter: () => 'You opened the chat',
      follow: () => 'You follow this account now', unfollow: () => 'You no longer follow this account', scan: (data) => `Scanned QR code: ${data.scene}`,
      failure: () => '该公众号提供的服务出现故障，请稍后再试 (this account does not answer)',
    },
  },
};

let language = localStorage.getItem('language') === 'en' ? 'en' : 'zh-CN';

export function word(name) {
  return WORDS[language][name];
}

export function currentLanguage() {
  return language;
}

export function switchLanguage() {
  language = language === 'en' ? 'zh-CN' : 'en';
  localStorage.setItem('language', language);
}

/** `14:05`, with the day in front when it was not today. */
export function clockText(atMs) {
  const at = new Date(atMs);
  const time = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(atMs).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return time;
  return `${days === 1 ? word('yesterday') : at.toLocaleDateString(language)} ${time}`;
}
