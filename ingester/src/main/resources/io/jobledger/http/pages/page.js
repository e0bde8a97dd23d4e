// Keeps a page up to date, and adds buttons that copy. Without this script the pages show the same things.
"use strict";

(() => {
  // A burst of changes is one look at the server, and ages and deadlines move without any change.
  const SOONEST = 1500;
  const LATEST = 60000;

  function copyButtons(root) {
    for (const block of root.querySelectorAll("pre[data-copy]")) {
      if (block.parentElement.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy: " + block.dataset.copy);
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(block.textContent);
          button.textContent = "Copied";
        } catch {
          // No right to the clipboard, or no https: what is selected can be copied by hand.
          getSelection().selectAllChildren(block);
          button.textContent = "Selected";
        }
      });
      block.before(button);
    }
  }

  function keepUpToDate(main) {
    const state = document.getElementById("live");
    let source = null;
    let timer = 0;
    let last = Date.now();

    function say(word, text) {
      state.dataset.live = word;
      state.textContent = text;
    }

    function soon() {
      clearTimeout(timer);
      timer = setTimeout(refresh, Math.max(0, last + SOONEST - Date.now()));
    }

    async function refresh() {
      clearTimeout(timer);
      last = Date.now();
      timer = setTimeout(refresh, LATEST);
      let text;
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.redirected) return location.reload();
        if (!answer.ok) return;
        text = await answer.text();
      } catch {
        return; // The stream says that the server is away.
      }
      show(new DOMParser().parseFromString(text, "text/html").getElementById("main"));
    }

    // What the reader has opened, typed or focused stays as it is.
    function show(fresh) {
      Idiomorph.morph(main, fresh, {
        morphStyle: "outerHTML",
        ignoreActiveValue: true,
        callbacks: {
          beforeNodeMorphed: (old) => old.nodeName !== "FORM",
          beforeNodeRemoved: (old) => !(old.nodeName === "BUTTON" && old.classList.contains("copy")),
        },
      });
      copyButtons(main);
    }

    function listen() {
      if (source || document.hidden) return;
      source = new EventSource(main.dataset.stream);
      source.onopen = () => say("on", "live");
      source.onerror = () => say("off", source && source.readyState === EventSource.CLOSED ? "not live" : "reconnecting");
      for (const kind of ["job", "run", "epoch"]) source.addEventListener(kind, soon);
    }

    // A page that nobody looks at holds no connection.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        clearTimeout(timer);
        if (source) source.close();
        source = null;
      } else {
        listen();
        soon();
      }
    });
    timer = setTimeout(refresh, LATEST);
    listen();
  }

  const main = document.getElementById("main");
  copyButtons(main);
  if (main.dataset.stream) keepUpToDate(main);
})();
