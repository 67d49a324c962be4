// Serves a page, and opens it in a headless Chromium under two origins. The first line of stdout says where the page is; the
// first of stdin says which server it is to call; the last of stdout is what each page's document says in the end, as JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";

import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

import { descriptors } from "./reflect.js";

const BOUND = 60_000; // a browser starts slowly on a busy machine

// The page, its packages, and the descriptors of the server that it calls.
async function pages(described) {
  const types = { ".html": "text/html", ".js": "text/javascript" };
  const server = createServer(async ({ url }, response) => {
    // What steps out of a folder is resolved away here.
    const path = new URL(url, "http://page").pathname;
    try {
      if (path === "/descriptors") return response.end(await described);
      const type = types[extname(path)];
      const body = type && (await readFile(new URL(`.${path}`, import.meta.url)));
      response.writeHead(body ? 200 : 404, { "content-type": type ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

// A browser that is told what to do through a pipe: messages are JSON, each with a zero behind it.
class Browser {
  constructor(profile) {
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
    const all = [...flags, ...quiet, `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"];
    this.process = spawn("chromium", all, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.gone = new Promise((_, reject) => {
      this.process.on("error", reject);
      this.process.on("exit", (code) => reject(new Error(`the browser ended with ${code}`)));
    });
    this.gone.catch(() => {});
    [, , , this.out, this.in] = this.process.stdio;
    this.out.on("error", () => {}); // it has ended, which is told above
    [this.asked, this.hearing, this.last] = [new Map(), new Set(), 0];
    this.read();
  }

  async read() {
    let rest = "";
    this.in.setEncoding("utf8");
    for await (const piece of this.in) {
      const messages = (rest + piece).split("\0");
      rest = messages.pop();
      for (const message of messages.map(JSON.parse)) {
        if (message.id === undefined) this.hearing.forEach((hear) => hear(message));
        else this.asked.get(message.id)(message);
      }
    }
  }

  async ask(method, params = {}, sessionId) {
    const id = ++this.last;
    const answered = new Promise((resolve) => this.asked.set(id, resolve));
    this.out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await Promise.race([answered, this.gone]);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  // What the document of this page says once the page has reported.
  async open(url) {
    const { targetId } = await this.ask("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.ask("Target.attachToTarget", { targetId, flatten: true });
    const reported = new Promise((resolve, reject) => {
      this.hearing.add(({ method, params, sessionId: from }) => {
        if (from !== sessionId) return;
        if (method === "Runtime.bindingCalled") resolve();
        if (method === "Runtime.exceptionThrown") reject(new Error(JSON.stringify(params.exceptionDetails)));
      });
    });
    await this.ask("Runtime.enable", {}, sessionId);
    await this.ask("Runtime.addBinding", { name: "report" }, sessionId);
    await this.ask("Page.navigate", { url }, sessionId);
    await Promise.race([reported, this.gone]);
    const expression = "document.querySelector('pre').textContent";
    const { result } = await this.ask("Runtime.evaluate", { expression }, sessionId);
    return JSON.parse(result.value);
  }

  async close() {
    const ended = once(this.process, "exit");
    await this.ask("Browser.close").catch(() => {});
    await ended;
  }
}

export async function run() {
  const late = setTimeout(() => {
    console.error("the browser took too long");
    process.exit(1); // which closes the browser's pipe, and so the browser
  }, BOUND);
  let describe;
  const server = await pages(new Promise((resolve) => (describe = resolve)));
  const { port } = server.address();
  console.log(`pages on http://127.0.0.1:${port}`);
  const [address] = await once(createInterface({ input: process.stdin }), "line");
  const symbols = ["probe.v1.Probe", "probe.v1.Shapes", "google.rpc.ErrorInfo"];
  describe(toBinary(FileDescriptorSetSchema, await descriptors(address, symbols)));
  const profile = await mkdtemp(join(tmpdir(), "bident-browser-"));
  const browser = new Browser(profile);
  try {
    // One server, and two names for it, which makes two origins.
    const [allowed, other] = await Promise.all(
      ["127.0.0.1", "localhost"].map((host) => browser.open(`http://${host}:${port}/page.html?server=${address}`)),
    );
    console.log(JSON.stringify({ allowed, other }));
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    clearTimeout(late);
  }
}
