// Times: [data-left] counts down to its datetime, [data-ago] tells how long ago it is. Both say the
// same as the server does (web/i18n, Left and Ago), by the server's clock.

const serverNow = Date.parse(find('meta[name="now"]')?.content ?? "");
const skew = Math.abs(serverNow - Date.now()) > 5000 ? serverNow - Date.now() : 0;
const now = () => Date.now() + skew;

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

function left(ms) {
  const [d, h, m] = [Math.floor(ms / day), Math.floor((ms % day) / hour), Math.floor((ms % hour) / minute)];
  if (ms < second) return text("left.over");
  if (d && h) return text("left.days_hours", { d, h });
  if (d) return text("left.days", { d });
  if (h && m) return text("left.hours_minutes", { h, m });
  if (h) return text("left.hours", { h });
  if (m >= 10) return text("left.minutes", { m });
  return text("left.clock", { m, s: String(Math.floor((ms % minute) / second)).padStart(2, "0") });
}

// ago is null from a day on: then the server's date stands.
function ago(ms) {
  if (ms < -minute || ms >= day) return null;
  if (ms < minute) return text("ago.now");
  if (ms < hour) return text("ago.minutes", { n: Math.floor(ms / minute) });
  return text("ago.hours", { n: Math.floor(ms / hour) });
}

function write(element, words) {
  if (words !== null && element.textContent !== words) element.textContent = words;
}

function tickTimes() {
  if (document.hidden) return;
  for (const element of findAll("time[data-left]")) {
    const ms = Date.parse(element.dateTime) - now();
    write(element, left(ms));
    if (ms <= 0) retry(element);
  }
  for (const element of findAll("time[data-ago]")) write(element, ago(now() - Date.parse(element.dateTime)));
}

// retry loads a page again whose notice has counted down, unless somebody is at work on it. Only pages
// are read again, never a change.
function retry(element) {
  const box = element.closest("[data-retry]");
  if (!box || openDialog() || unsaved()) return;
  const url = box.dataset.retry;
  box.removeAttribute("data-retry");
  if (url) location.assign(url);
}

setInterval(tickTimes, second);
document.addEventListener("visibilitychange", tickTimes);
