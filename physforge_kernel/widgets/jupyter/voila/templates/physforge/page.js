(() => {
  "use strict";

  // Light or dark: what the address asks for (?theme=dark), or else what the browser prefers, as it changes.
  const asked = new URLSearchParams(location.search).get("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const darkStyle = document.querySelector("meta[name=physforge-dark]")?.nextElementSibling;
  function setTheme() {
    const dark = asked ? asked.includes("dark") : prefersDark.matches;
    if (darkStyle) darkStyle.media = dark ? "all" : "not all";
    document.documentElement.dataset.physforgeScheme = dark ? "dark" : "light";
    document.body.dataset.jpThemeLight = String(!dark);
    document.body.dataset.jpThemeName = dark ? "JupyterLab Dark" : "JupyterLab Light";
  }
  setTheme();
  prefersDark.addEventListener("change", setTheme);

  // Widgets that changed between the kernel's telling of their states and this page's hearing of it would stay
  // behind for ever: once the page shows, it asks to be told again.
  new MutationObserver((_, watching) => {
    const [hello, upload] = [".pf-hello", ".pf-upload"].map((place) => document.querySelector(place));
    if (!hello || !upload) return;
    watching.disconnect();
    hello.click();
    // ipywidgets names the upload button by the number of files that were uploaded.
    upload.setAttribute("aria-label", "Upload a file");
  }).observe(document.documentElement, { childList: true, subtree: true });

  // Files: the upload button of ipywidgets keeps its file input to itself, takes no drops, and a message larger
  // than the server accepts would silently end the connection.
  const most = window.physforgeMostBytes;
  const inputs = new WeakMap();

  function inputOf(button) {
    if (inputs.has(button)) return inputs.get(button);
    const click = HTMLInputElement.prototype.click;
    let found = null;
    HTMLInputElement.prototype.click = function () { found = this; };
    try {
      button.click();
    } finally {
      HTMLInputElement.prototype.click = click;
    }
    if (found) {
      inputs.set(button, found);
      found.addEventListener("change", onChoice, { capture: true });
    }
    return found;
  }

  const megabytes = (size) => `${(size / 1e6).toFixed(1)} MB`;

  function onChoice(event) {
    const [file] = event.target.files;
    if (!file) return;
    if (file.size > most) {
      event.stopImmediatePropagation();
      refuse(
        `${file.name} has ${megabytes(file.size)}; this page takes files of up to ${megabytes(most)}. ` +
          "Upload it with: physforge dataset upload FILE",
      );
    } else {
      // The kernel hears nothing of a file before it has all of it.
      const size = file.size < 1e6 ? `${(file.size / 1e3).toFixed(1)} kB` : megabytes(file.size);
      say(`Sending ${file.name}, ${size} …`, "status");
    }
  }

  const refuse = (sentence) => say(sentence, "alert");

  function say(sentence, role) {
    const place = document.querySelector(".pf-upload-said .widget-html-content");
    if (!place) return;
    const words = document.createElement("p");
    if (role === "alert") words.className = "pf-refused";
    words.setAttribute("role", role);
    words.textContent = sentence;
    place.replaceChildren(words);
  }

  let capturing = false;
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.(".pf-upload");
      if (!button || capturing) return;
      capturing = true;
      inputOf(button);
      capturing = false;
    },
    { capture: true },
  );

  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.documentElement.classList.add("pf-drops");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.documentElement.classList.add("pf-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.documentElement.classList.remove("pf-dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.documentElement.classList.remove("pf-dropping");
    const button = document.querySelector(".pf-upload");
    if (!button || button.disabled) return;
    if (event.dataTransfer.files.length > 1) return refuse("Drop one file at a time.");
    capturing = true;
    const input = inputOf(button);
    capturing = false;
    if (!input) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A page whose kernel has ended looks alive and answers nothing: say so.
  async function look() {
    const told = document.getElementById("jupyter-config-data");
    if (!told) return;
    const { baseUrl, kernelId } = JSON.parse(told.textContent);
    const token = document.cookie.match(/\b_xsrf=([^;]*)/)?.[1];
    const headers = token ? { "X-XSRFToken": decodeURIComponent(token) } : {};
    const gone = await fetch(`${baseUrl}api/kernels/${kernelId}?no_track_activity=1`, { headers }).then(
      (answer) => answer.status === 404,
      () => true,
    );
    document.getElementById("pf-gone").hidden = !gone;
  }
  setInterval(look, 20000);
})();
