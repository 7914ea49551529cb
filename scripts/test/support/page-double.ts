import { createContext, runInContext } from 'node:vm';

/** An element that keeps what scripts do to it; it lays nothing out and draws nothing. */
export class PageElement {
  readonly children: (PageElement | TextNode)[] = [];
  readonly style: Record<string, string> = {};
  readonly attributes = new Map<string, string>();
  readonly found = new Map<string, PageElement[]>();
  readonly clientWidth = 800;
  parentElement: PageElement | null = null;
  disabled = false;
  className = '';
  #listeners = new Map<string, () => void>();
  readonly #classes = new Set<string>();
  readonly classList = {
    add: (name: string) => this.#classes.add(name),
    remove: (name: string) => this.#classes.delete(name),
    contains: (name: string) => this.#classes.has(name),
  };
  readonly #context: unknown;

  constructor(context: unknown) {
    this.#context = context;
  }
  get childNodes() {
    return this.children;
  }
  get firstChild() {
    return this.children[0];
  }
  get textContent(): string {
    return this.children.map((child) => (child instanceof PageElement ? child.textContent : child.nodeValue)).join('');
  }
  set textContent(text: string) {
    this.replaceChildren({ nodeValue: text });
  }
  appendChild(child: PageElement | TextNode) {
    this.children.push(child);
    if (child instanceof PageElement) child.parentElement = this;
    return child;
  }
  insertBefore(child: PageElement | TextNode) {
    return this.appendChild(child);
  }
  append(...children: (PageElement | TextNode)[]) {
    for (const child of children) this.appendChild(child);
  }
  replaceChildren(...children: (PageElement | TextNode)[]) {
    this.children.length = 0;
    this.append(...children);
  }
  setAttribute(name: string, value: string) {
    this.attributes.set(name, value);
  }
  addEventListener(type: string, listener: () => void) {
    this.#listeners.set(type, listener);
  }
  removeEventListener(type: string) {
    this.#listeners.delete(type);
  }
  click() {
    this.#listeners.get('click')?.();
  }
  querySelector(selector: string) {
    return this.found.get(selector)?.[0] ?? null;
  }
  querySelectorAll(selector: string) {
    return this.found.get(selector) ?? [];
  }
  getBoundingClientRect() {
    return { left: 0, top: 0, width: 800, height: 300 };
  }
  getContext() {
    return this.#context;
  }
}

interface TextNode {
  nodeValue: string;
}

export interface Page {
  readonly elements: ReadonlyMap<string, PageElement>;
  /** Names of the canvas calls that were made, and of those that were given a number that is none. */
  readonly drawn: ReadonlySet<string>;
  readonly misdrawn: ReadonlySet<string>;
  /** Evaluates an expression in the scope of the page's scripts. */
  evaluate(expression: string): unknown;
  readonly headings: readonly PageElement[];
}

/** Runs the scripts of a report against stand-ins for the parts of a browser that they use. */
export function openPage(html: string): Page {
  const drawn = new Set<string>();
  const misdrawn = new Set<string>();
  const context = canvasContext(drawn, misdrawn);
  const element = () => new PageElement(context);
  const elements = new Map([...html.matchAll(/\sid="([\w-]+)"/g)].map(([, id = '']) => [id, element()]));
  const json = /id="report-data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  const holder = elements.get('report-data');
  if (holder) holder.textContent = json;
  const headings = [...html.matchAll(/<button type="button">/g)].map(() => {
    const heading = element();
    heading.found.set('button', [element()]);
    return heading;
  });
  elements.get('trade-table')?.found.set('tbody', [element()]);
  elements.get('trade-table')?.found.set('thead th', headings);

  const scope = createContext(browser(element, elements));
  for (const [, code = ''] of html.matchAll(/<script>(.*?)<\/script>/gs)) runInContext(code, scope);
  return { elements, drawn, misdrawn, headings, evaluate: (expression) => runInContext(expression, scope) };
}

function browser(element: () => PageElement, elements: ReadonlyMap<string, PageElement>) {
  const nothing = () => {};
  const window = {
    HTMLElement: PageElement,
    CustomEvent: class {},
    Path2D: class {
      moveTo = nothing;
      lineTo = nothing;
      rect = nothing;
      arc = nothing;
      closePath = nothing;
    },
    document: {
      getElementById: (id: string) => elements.get(id) ?? null,
      createElement: element,
      createTextNode: (nodeValue: string) => ({ nodeValue }),
      documentElement: element(),
      body: element(),
      addEventListener: nothing,
    },
    navigator: { language: 'en-US' },
    devicePixelRatio: 1,
    getComputedStyle: () => ({ getPropertyValue: () => '#123456' }),
    matchMedia: () => ({ addEventListener: nothing, removeEventListener: nothing }),
    addEventListener: nothing,
    removeEventListener: nothing,
    dispatchEvent: nothing,
    queueMicrotask,
  };
  return Object.assign(window, { window });
}

/** A canvas context on which every method exists and every property can be set. */
function canvasContext(drawn: Set<string>, misdrawn: Set<string>): unknown {
  const properties: Record<string, unknown> = { measureText: () => ({ width: 10 }) };
  return new Proxy(properties, {
    get: (known, name) => {
      if (typeof name === 'symbol' || name in known) return Reflect.get(known, name);
      return (...numbers: unknown[]) => {
        drawn.add(name);
        if (numbers.some((number) => typeof number === 'number' && !Number.isFinite(number))) misdrawn.add(name);
      };
    },
  });
}
