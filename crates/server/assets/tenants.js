// Type-ahead in a long list of tenants. Without this script the whole list is there to scroll through.
"use strict";
for (const box of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(box.dataset.filter);
  const input = box.querySelector("input");
  const told = box.querySelector("[aria-live]");
  const items = [...list.children];
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = items.map((item) => plain(item.textContent));
  let timer = 0;
  const show = () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, i) => {
      // what is chosen stays in sight: nobody allows access to a tenant that they do not see
      const on = words.every((word) => texts[i].includes(word)) || item.querySelector("input").checked;
      item.hidden = !on;
      if (on) shown += 1;
    });
    clearTimeout(timer);
    timer = setTimeout(() => { told.textContent = `${shown} of ${items.length} shown`; }, 300);
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      const open = items.filter((item) => !item.hidden && !item.querySelector("input").disabled);
      if (open.length > 0) open[0].querySelector("input").focus();
    }
  });
  box.hidden = false;
}
