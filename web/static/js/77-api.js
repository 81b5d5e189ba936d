// The page of the vendor's API. The answer to a call stands beside the form or, where there is no room, below it: then it
// is brought into view.

let apiAnswer = find("#api-answer");

document.addEventListener("htmx:after:swap", () => {
  const now = find("#api-answer");
  if (now && now !== apiAnswer) now.scrollIntoView({ block: "nearest" });
  apiAnswer = now;
});
