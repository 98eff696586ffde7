/* The one script, which every page works without: it adds buttons that copy. */

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
