// app.js is made of the files of this folder, in the order of their names, inside one function.
// Nothing here is needed for a page to work: links and forms do. Behaviour hangs on data- attributes and
// on listeners of the document, so that it holds for whatever htmx swaps in.

const root = document.documentElement;

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// listen calls handler(event, element) for an event inside an element that matches selector.
function listen(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element && event.target.closest(selector);
      if (element) handler(event, element);
    },
    options,
  );
}

const words = JSON.parse(find('meta[name="texts"]')?.content || "{}");

// text is the catalogue's "script." + key with its placeholders filled.
function text(key, values = {}) {
  return (words[key] ?? key).replace(/\{([a-z_]+)\}/g, (_, name) => values[name] ?? "");
}

// say speaks to screen readers, politely.
function say(message) {
  const region = find("#say");
  if (region) region.textContent = message;
}

// make builds an element from a tag, attributes and children.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// icon draws an icon as the server does; the address of the sprite is taken from one on the page.
function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(ns, "use");
  const sprite = find("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

const isShown = (element) => element.checkVisibility({ visibilityProperty: true });

// openDialog is the dialog in front, if there is one.
const openDialog = () => findAll("dialog:modal").at(-1);

// stopped marks an event that has been dealt with.
function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// What is connected to a stream of events asks for it once, though htmx looks at the page twice; and not before somebody listens
// (see 81-watch.js).
const connected = new WeakSet();
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!sourceElement.hasAttribute?.("hx-sse:connect")) return;
  if (connected.has(sourceElement)) event.preventDefault();
  connected.add(sourceElement);
});

// htmx begins one turn after its script has run, which is before or after this. A key may come before that, and would send a form
// the slow way.
htmx.initialize();
