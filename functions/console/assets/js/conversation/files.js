// Files that are to be sent: looked at before they are uploaded, uploaded with progress, and then sent as messages.
import { Refused, call } from "../api.js";
import { icon, make } from "./part.js";
import { say } from "./words.js";

const megabytes = (bytes) => `${Math.round(bytes / 100_000) / 10} MB`;

export class Files {
  constructor(s, composer) {
    this.s = s;
    this.composer = composer;
    this.tray = s.root.querySelector("#composer-files");
    this.input = s.root.querySelector("#composer-file");
    this.all = [];
    const on = (element, name, run) => element.addEventListener(name, run, { signal: s.signal });
    on(this.input, "change", () => { this.add(this.input.files); this.input.value = ""; });
    on(composer.field, "paste", (event) => {
      const { files, types } = event.clipboardData ?? {};
      // A note takes none. And what is copied from a sheet or a document is its text, though it brings a picture of itself.
      if (!files?.length || composer.mode !== "reply" || !composer.writable || types.includes("text/plain")) return;
      event.preventDefault();
      this.add(files);
    });
    const main = s.root.querySelector(".thread-main");
    on(main, "dragover", (event) => { if (this.takes(event)) { event.preventDefault(); main.classList.add("dropping"); } });
    on(main, "dragleave", (event) => { if (!main.contains(event.relatedTarget)) main.classList.remove("dropping"); });
    on(main, "drop", (event) => { main.classList.remove("dropping"); if (this.takes(event)) { event.preventDefault(); this.add(event.dataTransfer.files); } });
    on(this.tray, "click", (event) => this.clicked(event));
    on(this.tray, "change", (event) => this.linked(event));
    s.signal.addEventListener("abort", () => this.clear());
  }

  takes(event) { return this.composer.mode === "reply" && this.composer.writable && [...(event.dataTransfer?.types ?? [])].includes("Files"); }
  get empty() { return this.all.length === 0; }

  add(files) {
    for (const file of files) {
      const one = { file, key: crypto.randomUUID(), upload: null, asLink: false, error: null, progress: null, request: null, preview: null };
      if (/^(image|video)\//.test(file.type)) one.preview = URL.createObjectURL(file);
      this.judge(one);
      this.all.push(one);
    }
    this.draw();
    this.composer.show();
  }

  /** What the channel says of it; the server has the last word. */
  judge(one) {
    const told = this.composer.told?.files;
    const kind = /^(image|video|audio)\//.exec(one.file.type)?.[1] ?? "file";
    const fits = told?.kinds?.find((limit) => limit.kind === kind && (limit.types.length === 0 || limit.types.includes(one.file.type)))
      ?? told?.kinds?.find((limit) => limit.kind === "file");
    one.error = null;
    one.linkable = one.file.size <= (told?.link_max_bytes ?? 0);
    if (!told?.allowed) { one.error = say("filesOff"); one.linkable = false; }
    else if (one.asLink) one.error = one.linkable ? null : say("tooLarge", megabytes(told.link_max_bytes));
    else if (!fits) one.error = say("typeRefused", one.file.type || one.file.name.split(".").pop());
    else if (one.file.size > fits.max_bytes) one.error = say("tooLarge", megabytes(fits.max_bytes));
  }

  draw() {
    this.tray.hidden = this.empty;
    this.tray.replaceChildren(...this.all.map((one) => {
      const picture = one.preview && one.file.type.startsWith("image/") ? make("img", { src: one.preview, alt: "" }) : icon(one.file.type.startsWith("video/") ? "video" : one.file.type.startsWith("audio/") ? "music" : "file");
      const state = one.error ?? (one.progress !== null ? say("uploading", one.progress) : megabytes(one.file.size));
      const words = make("span", { className: "file-words" }, make("bdi", { className: "file-name", textContent: one.file.name }), make("span", { className: one.error ? "small field-error" : "small muted", textContent: state }));
      if (one.linkable && (one.error || one.asLink)) {
        const box = make("input", { type: "checkbox", checked: one.asLink });
        words.append(make("label", { className: "small" }, box, ` ${say("asLink")}`));
      }
      const remove = make("button", { type: "button", className: "icon-button small", title: say("remove") }, icon("x"), make("span", { className: "sr", textContent: `${say("remove")} ${one.file.name}` }));
      const bar = one.progress !== null ? make("progress", { max: 100, value: one.progress, "aria-label": say("uploading", one.progress) }) : null;
      return make("div", { className: one.error ? "tray-file failed" : "tray-file", "data-key": one.key }, picture, words, remove, bar);
    }));
  }

  find(event) { const key = event.target.closest("[data-key]")?.dataset.key; return this.all.find((one) => one.key === key); }

  clicked(event) {
    if (!event.target.closest("button")) return;
    const one = this.find(event);
    if (!one) return;
    one.request?.abort();
    this.take(one);
    this.composer.field.focus();
  }

  linked(event) {
    const one = this.find(event);
    if (!one) return;
    one.asLink = event.target.checked;
    one.upload = null;
    this.judge(one);
    this.draw();
    this.composer.show();
  }

  take(one) {
    if (one.preview) URL.revokeObjectURL(one.preview);
    this.all = this.all.filter((other) => other !== one);
    this.draw();
    this.composer.show();
  }

  clear() { for (const one of [...this.all]) { one.request?.abort(); if (one.preview) URL.revokeObjectURL(one.preview); } }

  /** Uploads and sends all, in their order; whether all went out. */
  async send() {
    if (this.sending) return false;
    // What failed to be uploaded may be tried again; what the channel does not take stays here.
    for (const one of this.all) if (!one.upload) this.judge(one);
    if (this.all.some((one) => one.error && !one.upload)) { this.draw(); return false; }
    this.sending = true;
    try {
      for (const one of [...this.all]) {
        if (!this.all.includes(one)) continue;
        if (!(await this.upload(one))) return false;
        await this.s.box.add("messages", { attachment: { upload_id: one.upload }, ...this.composer.base() }, `📎 ${one.file.name}`);
        this.take(one);
      }
      return true;
    } finally {
      this.sending = false;
    }
  }

  async upload(one) {
    if (one.upload) return true;
    one.progress = 0;
    one.error = null;
    this.draw();
    try {
      const wish = { name: one.file.name, type: one.file.type, size_bytes: one.file.size, as_link: one.asLink };
      const duration = await playing(one.file);
      if (duration) wish.duration_ms = duration;
      const answer = await call("POST", `/conversations/${this.s.id}/uploads`, wish);
      await this.post(one, answer.form);
      one.upload = answer.upload_id;
      one.progress = null;
      return true;
    } catch (error) {
      one.progress = null;
      one.error = error instanceof Refused ? error.message : say("uploadFailed");
      if (this.all.includes(one)) this.draw();
      return false;
    }
  }

  post(one, form) {
    const body = new FormData();
    for (const [name, value] of form.fields) body.append(name, value);
    body.append("file", one.file);
    const request = new XMLHttpRequest();
    one.request = request;
    return new Promise((resolve, reject) => {
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        one.progress = Math.round((event.loaded / event.total) * 100);
        const place = this.tray.querySelector(`[data-key="${one.key}"]`);
        place?.querySelector("progress")?.setAttribute("value", one.progress);
        const words = place?.querySelector(".small");
        if (words) words.textContent = say("uploading", one.progress);
      });
      request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(new Error(String(request.status)))));
      for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => reject(new TypeError(name)));
      request.open("POST", form.url);
      request.send(body);
    });
  }
}

/** How long a sound or video plays, in milliseconds; null where the browser cannot tell. */
function playing(file) {
  const kind = /^(audio|video)\//.exec(file.type)?.[1];
  if (!kind) return Promise.resolve(null);
  const media = document.createElement(kind);
  const url = URL.createObjectURL(file);
  return new Promise((resolve) => {
    const done = (ms) => { clearTimeout(timer); URL.revokeObjectURL(url); resolve(ms); };
    const timer = setTimeout(() => done(null), 3_000);
    media.preload = "metadata";
    media.addEventListener("loadedmetadata", () => done(Number.isFinite(media.duration) && media.duration > 0 ? Math.round(media.duration * 1_000) : null));
    media.addEventListener("error", () => done(null));
    media.src = url;
  });
}
