// A browser without a window: it keeps cookies, follows redirects within the hub and sends forms with their hidden fields,
// as a person would who reads the page and fills it in. It runs no script, so what it can do works without JavaScript.

/** The names of character references that pages use. */
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Text out of HTML, its character references resolved. */
export const plain = (text) =>
  text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    if (decimal || hex) return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    return NAMED[name.toLowerCase()] ?? all;
  });

/** The attributes of a tag; one without a value is ''. */
function attributes(tag) {
  const found = {};
  for (const [, name, a, b, c] of tag.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)) {
    found[name.toLowerCase()] ??= plain(a ?? b ?? c ?? '');
  }
  return found;
}

/** A page that was answered. */
export class Page {
  constructor(url, answer, html) {
    this.url = url;
    this.path = new URL(url).pathname;
    this.status = answer.status;
    this.headers = answer.headers;
    this.html = html;
  }

  /** What a person reads on it. */
  get text() {
    const body = this.html.replaceAll(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, ' ');
    return plain(body.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim();
  }

  /** Its forms: where they go, and what they hold before anybody has touched them. */
  get forms() {
    return [...this.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head, body]) => {
      const { action, method } = attributes(head);
      const controls = [...body.matchAll(/<(input|button|select|textarea)\b([^>]*)>/gi)].map(([, tag, rest]) => ({
        tag: tag.toLowerCase(),
        ...attributes(rest),
      }));
      return { action: new URL(action || this.url, this.url).href, method: (method ?? 'get').toLowerCase(), controls };
    });
  }

  /** The form that has these fields. */
  form(...names) {
    const has = (form, name) => form.controls.some((control) => control.name === name);
    const form = this.forms.find((form) => names.every((name) => has(form, name)));
    if (!form) throw new Error(`no form with ${names.join(', ')} at ${this.path} (${this.status}): ${this.text.slice(0, 300)}`);
    return form;
  }
}

/** What a form sends if nobody touches it: hidden and typed values, boxes and radios that are on. */
function untouched(form) {
  const on = ({ type, checked }) => !['checkbox', 'radio'].includes(type) || checked !== undefined;
  const sent = ({ tag, type, name, disabled }) =>
    name && disabled === undefined && tag !== 'button' && !['submit', 'button', 'image', 'reset', 'file'].includes(type);
  return form.controls.filter((control) => sent(control) && on(control)).map(({ name, value }) => [name, value ?? '']);
}

export class Browser {
  #cookies = new Map();
  #origin;

  /** A browser for one origin; an address elsewhere is where it leaves. */
  constructor(origin) {
    this.#origin = new URL(origin).origin;
  }

  /** The cookies that it holds, as a header. */
  get cookie() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** One request, no redirect followed. */
  async send(url, init = {}) {
    const headers = { Accept: 'text/html,application/xhtml+xml', 'User-Agent': 'Mozilla/5.0 (tests)', ...init.headers };
    if (this.#cookies.size > 0) headers.Cookie = this.cookie;
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  /** Goes to an address and on, until a page answers or a redirect leads elsewhere: `{ page }` or `{ left }`. */
  async go(url, init = {}) {
    let [at, what] = [new URL(url, this.#origin).href, init];
    for (let hop = 0; hop < 12; hop += 1) {
      const answer = await this.send(at, what);
      const to = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || !to) return { page: new Page(at, answer, await answer.text()) };
      await answer.arrayBuffer();
      if (what.method === 'POST' && answer.status !== 303) throw new Error(`a form at ${at} is answered ${answer.status}, not 303`);
      const next = new URL(to, at);
      if (next.origin !== this.#origin) return { left: to };
      [at, what] = [next.href, {}];
    }
    throw new Error(`redirects without end at ${at}`);
  }

  /** Sends a form; an array of values is one field for each. */
  submit(form, values = {}) {
    const fields = untouched(form).filter(([name]) => !Object.hasOwn(values, name));
    for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) fields.push([name, one]);
    const body = new URLSearchParams(fields);
    if (form.method !== 'post') return this.go(`${form.action.split('?')[0]}?${body}`);
    const headers = { Origin: this.#origin, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' };
    return this.go(form.action, { method: 'POST', body, headers });
  }

  /** A call of the REST interface with the session that this browser has. */
  async rest(method, path, body) {
    const headers = { Accept: 'application/json', Origin: this.#origin, 'Sec-Fetch-Site': 'same-origin' };
    if (method !== 'GET') headers['Content-Type'] = 'application/json';
    const answer = await this.send(`${this.#origin}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text && JSON.parse(text);
  }

  #keep(line) {
    const [pair, ...rest] = line.split(';');
    const [name, value] = [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()];
    const ended = rest.some((part) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(part));
    if (ended || value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
