// Forms: sent once, nothing typed is lost, filters without empty fields.

const busy = new WeakSet();

// setBusy marks what sends a change until there is an answer. Buttons keep the focus, so they are not
// disabled but only say so.
function setBusy(element, on) {
  const form = element.closest("form") ?? element.form;
  const marked = form ?? element;
  if (on) busy.add(marked);
  else busy.delete(marked);
  const buttons = form ? [...findAll('[type="submit"]', form), ...findAll(`[form="${CSS.escape(form.id || "-")}"][type="submit"]`)] : [element];
  for (const button of buttons) {
    if (on && enabled(button)) {
      button.dataset.busy = "";
      button.setAttribute("aria-disabled", "true");
    } else if (!on && "busy" in button.dataset) {
      delete button.dataset.busy;
      button.removeAttribute("aria-disabled");
    }
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const method = event.submitter?.getAttribute("formmethod") ?? form.method;
    if (busy.has(form)) return stop(event);
    if (method === "post" && !navigator.onLine) {
      stop(event);
      tell(text("offline_action"), "bad");
    }
  },
  true, // before htmx
);

// A form the browser sends itself stays busy until the next page is there.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  changed.delete(form);
  if (form.method === "post") setTimeout(() => setBusy(form, true));
  if (form.matches("[data-filter]")) leaveOutEmpty(form);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) findAll("form").forEach((form) => setBusy(form, false));
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "GET") setBusy(ctx.sourceElement, true);
});
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "GET") setBusy(ctx.sourceElement, false);
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "GET" && ctx.response.status < 400) changed.delete(ctx.sourceElement.closest("form"));
});

// What is not offered says why.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target instanceof Element && event.target.closest('[aria-disabled="true"]');
    if (!button) return;
    stop(event);
    if (button.dataset.why) tell(button.dataset.why, "bad");
  },
  true,
);

// Filters leave out what is empty, so that their addresses stay short.
function leaveOutEmpty(form) {
  const empty = [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  empty.forEach((field) => (field.disabled = true));
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
}
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches("[data-filter]")) return;
  for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
});
listen("change", "[data-filter] :is(select, [type=checkbox], [type=radio], [type=date])", (_, field) => field.form.requestSubmit());

// A page with a form that was changed and not sent asks before it is left.
const changed = new Set();
listen("input", "form[data-unsaved]", (_, form) => changed.add(form));
const unsaved = () => [...changed].some((form) => form.isConnected && !form.closest("dialog"));
listen("click", "[data-close]", () => changed.clear());
addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});

// A password can be looked at, and Caps Lock is told of.
listen("click", "[data-reveal]", (_, button) => {
  const field = document.getElementById(button.dataset.reveal);
  const show = field.type === "password";
  field.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
  button.dataset.textShow ??= button.textContent;
  button.textContent = show ? button.dataset.textHide : button.dataset.textShow;
  field.focus();
});
for (const type of ["keydown", "keyup"]) {
  listen(type, ".reveal input", (event, field) => {
    const hint = find("[data-caps]", field.closest(".field"));
    if (hint && event.getModifierState) hint.hidden = !event.getModifierState("CapsLock");
  });
}
