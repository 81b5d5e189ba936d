// The palette of Ctrl K: a combobox over what the server finds. Its options are made by the template
// PaletteResults; each leads to an address, of a page or of a sheet.

let paletteRequest = new AbortController();
let paletteTimer = 0;
let paletteFound = Promise.resolve(); // when what was typed last has been looked for

function openPalette() {
  const palette = find("#palette");
  showDialog(palette);
  const field = find("input", palette);
  field.value = "";
  find("[role=listbox]", palette).replaceChildren();
  lookFor(field);
}

listen("click", "[data-open-palette]", openPalette);

listen("input", "#palette input", (_, field) => {
  clearTimeout(paletteTimer);
  paletteTimer = setTimeout(() => lookFor(field), 90);
});

function lookFor(field) {
  clearTimeout(paletteTimer);
  paletteTimer = 0;
  paletteFound = searchPalette(field.closest("dialog"), field.value);
}

// searchPalette shows what the console itself knows, and then what the service says of it as an id. An answer that comes after
// something else was typed is thrown away.
async function searchPalette(palette, query) {
  paletteRequest.abort();
  const mine = (paletteRequest = new AbortController());
  for (const quick of [true, false]) {
    const url = new URL(palette.dataset.url, location.href);
    url.searchParams.set("q", query);
    url.searchParams.set("at", location.pathname + location.search);
    if (quick) url.searchParams.set("quick", "1");
    const before = quick ? "" : find('[role=option][aria-selected="true"]', palette)?.dataset.href;
    const moved = palette.hasAttribute("data-moved");
    try {
      const answer = await fetch(url, { headers: { "HX-Request-Type": "partial" }, signal: mine.signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const body = await answer.text();
      if (paletteRequest !== mine) return;
      const found = new DOMParser().parseFromString(body, "text/html").body;
      find("[role=listbox]", palette).replaceChildren(...found.childNodes);
      find("[data-palette-info]", palette).textContent = find("[data-info]", palette)?.dataset.info ?? "";
    } catch (error) {
      if (error.name === "AbortError" || paletteRequest !== mine) return;
      if (quick) find("[role=listbox]", palette).replaceChildren();
      find("[data-palette-info]", palette).textContent = text("palette_failed");
    }
    const options = findAll("[role=option]", palette);
    if (quick) palette.removeAttribute("data-moved");
    chooseOption(palette, (moved && options.find((o) => o.dataset.href === before)) || options[0]);
    if (!find("[data-more]", palette)) return;
  }
}

function chooseOption(palette, option) {
  const field = find("input", palette);
  findAll('[aria-selected="true"]', palette).forEach((o) => o.setAttribute("aria-selected", "false"));
  if (!option) return field.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

listen("keydown", "#palette input", async (event, field) => {
  if (event.isComposing || event.keyCode === 229) return;
  const palette = field.closest("dialog");
  const options = findAll("[role=option]", palette);
  const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    palette.setAttribute("data-moved", "");
    chooseOption(palette, options[(at + step + options.length) % options.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    // Whoever types an id and Enter in one go means what will be found.
    if (paletteTimer) lookFor(field);
    await paletteFound;
    openOption(find('[role=option][aria-selected="true"]', palette), event.ctrlKey || event.metaKey);
  }
});

listen("pointermove", "#palette [role=option]", (_, option) => {
  if (option.getAttribute("aria-selected") !== "true") chooseOption(option.closest("dialog"), option);
});
listen("click", "#palette [role=option]", (event, option) => openOption(option, event.ctrlKey || event.metaKey));

function openOption(option, elsewhere) {
  if (!option) return;
  const url = option.dataset.href;
  if (elsewhere) return void window.open(url, "_blank", "noopener");
  find("#palette").close();
  if (option.hasAttribute("data-sheet")) htmx.ajax("GET", url, { target: "#sheet", swap: "innerHTML" });
  else location.assign(url);
}
