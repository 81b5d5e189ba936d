// One menu serves all rows of a list: a link with data-row-menu names it. The menu's form takes the row's id, and
// stands beside the link. Without scripts the link leads to the row alone.
listen("click", "[data-row-menu]", (event, link) => {
  const menu = document.getElementById(link.dataset.rowMenu);
  if (!menu?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  find("[data-row-id]", menu).value = link.closest("[data-row]").dataset.row;
  menu.showPopover({ source: link });
  find("button, a", menu)?.focus();
});
listen("click", "#row-menu :is(a, button):not([aria-disabled])", (_, item) => item.closest(".menu").hidePopover());
