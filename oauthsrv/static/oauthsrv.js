/* The one script, which every page works without: it adds buttons that copy, and shows the tab we are at. */

"use strict";

const SHOWN_FOR = 2000; // milliseconds

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

document.querySelectorAll("[data-copy]").forEach(addCopyButton);
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.clientWidth / 2;
}
