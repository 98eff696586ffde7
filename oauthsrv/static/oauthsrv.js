/* The one script, which every page works without: buttons that copy, and forms that are sent once. */

"use strict";

const SHOWN_FOR = 2000; // milliseconds
const BUSY_FOR = 5000; // longer than any answer takes; the page stays where the answer opens an app

function addCopyButton(field) {
  const code = field.querySelector("code");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), SHOWN_FOR);
  });
  (field.querySelector(".code-head") ?? field).append(button);
}

/* The second click of a double click sends nothing. */
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") {
    return;
  }
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  event.submitter?.classList.add("busy");
  form.dataset.timer = setTimeout(() => sendAgain(form, true), BUSY_FOR);
}

/* After a while, or when the browser comes back to the page. */
function sendAgain(form, stayed) {
  clearTimeout(form.dataset.timer);
  form.removeAttribute("aria-busy");
  form.querySelector(".busy")?.classList.remove("busy");
  const again = form.querySelector("[data-again]");
  if (again) {
    again.textContent = stayed ? again.dataset.again : "";
  }
}

/* Otherwise the whole form would be refused, and what was typed lost. */
function checkSize(field) {
  const most = Number(field.dataset.most);
  const isTooLarge = [...field.files].some((file) => file.size > most);
  field.setCustomValidity(isTooLarge ? `Choose a file of at most ${most / 1024} KiB.` : "");
  field.reportValidity();
}

document.addEventListener("submit", sendOnce);
document.querySelectorAll("[data-most]").forEach((field) => field.addEventListener("change", () => checkSize(field)));
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[aria-busy]").forEach((form) => sendAgain(form, false));
});
document.querySelectorAll("[data-copy]").forEach(addCopyButton);
