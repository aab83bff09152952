// XML as WeChat writes and reads it: one <xml> root, CDATA for text, bare numbers.
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export type Field = string | number | bigint | Fields | Fields[];
export interface Fields {
  [name: string]: Field;
}

/** Whether JSON from outside can be written as XML: plain names, at most eight levels. */
export function isFields(value: unknown, levels = 8): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || levels === 0) return false;
  return Object.entries(value).every(([name, field]) => {
    if (!/^[A-Za-z_]\w{0,63}$/.test(name)) return false;
    if (typeof field === 'string' || typeof field === 'number') return true;
    return (Array.isArray(field) ? field : [field]).every((one) => isFields(one, levels - 1));
  });
}

/** Splits `]]>` over two sections, the only way to carry it in CDATA. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

export function renderXml(fields: Fields): string {
  return `<xml>${renderFields(fields)}</xml>`;
}

function renderFields(fields: Fields): string {
  return Object.entries(fields)
    .flatMap(([name, field]) => (Array.isArray(field) ? field.map((one): [string, Field] => [name, one]) : [[name, field] as [string, Field]]))
    .map(([name, field]) => `<${name}>${renderField(field)}</${name}>`)
    .join('');
}

function renderField(field: Field): string {
  if (typeof field === 'number' || typeof field === 'bigint') return String(field);
  if (typeof field === 'string') return cdata(field);
  return renderFields(field as Fields);
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  // Entities are undone below, exactly once: the parser's own pass would also reach into CDATA.
  processEntities: false,
  cdataPropName: '#cdata',
});

/** The children of the <xml> root, or null when the text is not such a document. */
export function parseXml(text: string): Fields | null {
  if (!text.startsWith('<xml>') || /<!DOCTYPE|<!ENTITY/i.test(text) || XMLValidator.validate(text) !== true) return null;
  try {
    const tree = parser.parse(text) as Record<string, unknown>;
    if (Object.keys(tree).some((name) => name !== 'xml' && name !== '#text')) return null;
    const root = tidy(tree.xml);
    return typeof root === 'object' && !Array.isArray(root) ? root : {};
  } catch {
    return null;
  }
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' };

function tidy(node: unknown): Field {
  if (typeof node === 'string') return unescapeXml(node);
  if (Array.isArray(node)) return node.map((one) => tidy(one)) as Fields[];
  const { '#text': text, '#cdata': section, ...children } = node as Record<string, unknown>;
  // Text beside CDATA is only the white space of pretty printing.
  if (section !== undefined) return Array.isArray(section) ? section.join('') : String(section);
  if (Object.keys(children).length === 0) return unescapeXml(String(text ?? ''));
  return Object.fromEntries(Object.entries(children).map(([name, child]) => [name, tidy(child)]));
}

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

/** A child's text, or '' when it is absent or not text. */
export function textOf(fields: Fields | null | undefined, name: string): string {
  const field = fields?.[name];
  return typeof field === 'string' ? field : '';
}

/** A child's children; none when it has none. */
export function childrenOf(fields: Fields, name: string): Fields {
  const field = fields[name];
  return typeof field === 'object' && !Array.isArray(field) ? field : {};
}
