// Toasts and notices.

const toastLife = 8000; // ms, as long as nobody looks closer
const toastStep = 250;
const toastAge = new WeakMap();

setInterval(() => {
  const region = find("#toasts");
  if (!region || document.hidden || region.matches(":hover, :focus-within")) return;
  for (const toast of findAll("[data-toast]", region)) {
    const age = (toastAge.get(toast) ?? 0) + toastStep;
    toastAge.set(toast, age);
    if (age >= toastLife) toast.remove();
  }
}, toastStep);

listen("click", "[data-close-toast]", (_, button) => {
  button.closest("[data-toast]").remove();
  restoreFocus();
});

// undoNewest takes back what the newest toast tells of.
function undoNewest() {
  const form = findAll("[data-toast] [data-undo]").at(-1);
  form?.requestSubmit();
  return Boolean(form);
}

// An undo that worked has its own toast; the old one goes.
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.status < 400) ctx.sourceElement.closest?.("[data-toast]")?.remove();
  restoreFocus();
});

// tell shows a short message made here.
function tell(message, tone = "") {
  const region = find("#toasts");
  if (!region) return;
  const close = make("button", { type: "button", class: "toast-close", "data-close-toast": "", "aria-label": text("close") }, icon("x"));
  const toast = make("div", { class: "toast", "data-toast": "" }, icon(tone === "bad" ? "alert" : "check"), make("span", {}, message), close);
  if (tone) toast.dataset.tone = tone;
  region.append(toast);
}

// The next request empties the notice; one that nobody asked for, such as polling, does not.
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceEvent?.isTrusted === false && ctx.request.method === "GET") return;
  if (ctx.sourceElement.matches?.("[data-watch], [data-follow]")) return;
  find("#notice")?.replaceChildren();
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.response?.status >= 400) find("#notice")?.scrollIntoView({ block: "nearest" });
});

// No answer at all: what was asked for did not come, and of a change we cannot tell.
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (!ctx || ctx.response) return;
  const write = ctx.request.method !== "GET";
  const region = find("[data-notice]", ctx.sourceElement.closest?.("dialog") ?? document.createElement("p")) ?? find("#notice");
  const title = make("strong", {}, text("no_answer"));
  const advice = make("p", {}, write ? text("no_answer_write") : text("no_answer_read"));
  region?.replaceChildren(make("div", { class: "notice", "data-tone": "warn", role: "alert" }, icon("cloudoff"), make("div", {}, title, advice)));
});
