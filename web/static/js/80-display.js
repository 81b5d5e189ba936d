// How the console looks, what is copied, being offline, older rows.

// Theme, row height and keys change at once and are then kept by the server. The language needs the page anew.
listen("submit", "[data-display]", (event, form) => {
  const { name, value } = event.submitter ?? {};
  if (!name || name === "lang") return;
  event.preventDefault();
  if (name === "theme") root.toggleAttribute("data-theme", value !== "system");
  if (name === "theme" && value !== "system") root.setAttribute("data-theme", value);
  if (name === "density") root.toggleAttribute("data-density", value === "compact");
  if (name === "density" && value === "compact") root.setAttribute("data-density", value);
  if (name === "keys") root.toggleAttribute("data-single-keys", value === "on");
  for (const button of findAll(`button[name="${name}"]`, form)) button.setAttribute("aria-pressed", String(button.value === value));
  const body = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: "POST", body, headers: { "HX-Request-Type": "partial" }, keepalive: true })
    .then((answer) => answer.ok || tell(text("not_kept"), "bad"))
    .catch(() => tell(text("not_kept"), "bad"));
});

// copy writes to the clipboard. Over plain HTTP there is no clipboard but the old command.
async function copy(words, message) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const area = make("textarea", { class: "vh", "aria-hidden": "true" }, words);
    (openDialog() ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return tell(text("not_copied"), "bad");
  }
  tell(message);
}
listen("click", "[data-copy]", (_, button) => copy(button.dataset.copy, text("copied", { text: button.dataset.copy })));

// Offline: a banner with the time of what is shown. Changes are held back (see forms), reading is not.
function showConnection() {
  const banner = find("#offline");
  if (!banner) return;
  if (!navigator.onLine && banner.hidden) {
    const at = new Date(now()).toLocaleTimeString("en-GB");
    find("[data-offline-since]", banner).textContent = text("offline_since", { time: at });
  }
  banner.hidden = navigator.onLine;
}
addEventListener("online", showConnection);
addEventListener("offline", showConnection);
showConnection();

// Older rows that come in above leave what is being read where it is.
let held = null;
const scrollerOf = (element) => {
  for (let e = element.parentElement; e; e = e.parentElement) {
    if (e.scrollHeight > e.clientHeight && /auto|scroll/.test(getComputedStyle(e).overflowY)) return e;
  }
  return document.scrollingElement;
};
document.addEventListener("htmx:before:swap", (event) => {
  const link = event.detail.ctx.sourceElement;
  if (!link.matches?.("[data-before]")) return;
  const row = link.closest("[data-more]").nextElementSibling;
  held = row && { row, top: row.getBoundingClientRect().top, scroller: scrollerOf(row) };
});
document.addEventListener("htmx:after:swap", () => {
  if (!held) return;
  held.scroller.scrollTop += held.row.getBoundingClientRect().top - held.top;
  held = null;
});

// A transcript whose newest message is last begins there.
for (const pane of findAll("[data-from-end]")) {
  const scroller = scrollerOf(pane.lastElementChild ?? pane);
  if (!location.hash) scroller.scrollTop = scroller.scrollHeight;
}

// Further rows are fetched a little before the end of the list is in view.
const ahead = { rootMargin: "300px", scrollMargin: "300px" };
const moreObserver = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    moreObserver.unobserve(target);
    target.click();
  }
}, ahead);
const observeMore = () => findAll("[data-more] > a").forEach((link) => moreObserver.observe(link));
observeMore();
document.addEventListener("htmx:after:swap", observeMore);

// What is being replaced says so; the style sheet dims it if it takes long.
function setLoading(event, on) {
  const { ctx } = event.detail;
  const target = typeof ctx.target === "string" ? find(ctx.target) : ctx.target;
  if (ctx.request.method !== "GET" || !target || target === document.body || target.id === "sheet") return;
  if (on) target.setAttribute("aria-busy", "true");
  else target.removeAttribute("aria-busy");
}
document.addEventListener("htmx:before:request", (event) => setLoading(event, true));
document.addEventListener("htmx:finally:request", (event) => setLoading(event, false));

// A row of pages that is wider than a phone begins where one is.
for (const row of findAll("[data-show-current]")) {
  const here = find("[aria-current]", row);
  if (here) row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - here.offsetWidth) / 2;
}
