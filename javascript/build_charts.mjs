// Bundles the chart library into dialflo_pipeline/serve/dashboard/page/vendor/, with all licences at its head, and writes
// packages, versions and the SHA-256 of the file beside it. Run by `make charts`.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const target = new URL("../dialflo_pipeline/serve/dashboard/page/vendor/", import.meta.url);
const result = await build({
  entryPoints: ["charts.mjs"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plot",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
});

const [output] = Object.values(result.metafile.outputs);
const names = Object.entries(output.inputs)
  .filter(([, input]) => input.bytesInOutput > 0)
  .map(([path]) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean);
const packages = [...new Set(names)].sort().map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const text = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((file) => `${folder}/${file}`).find(existsSync);
  if (!text) throw new Error(`${name} has no licence file`);
  return { name, version, license, text: readFileSync(text, "utf8").trim() };
});

const notices = packages.map(({ name, version, text }) => `${name} ${version}\n\n${text}`).join(`\n\n${"-".repeat(80)}\n\n`);
if (notices.includes("*/")) throw new Error("a licence would end the comment around it");
// In the file itself, so that every copy of the page has them.
const code = `/*!\n${notices}\n*/\n${result.outputFiles[0].text}`;
if (code.includes("</script")) throw new Error("the bundle would end the script element around it");
const sha256 = createHash("sha256").update(code).digest("hex");
const about = { file: "plot.min.js", bytes: Buffer.byteLength(code), sha256, packages: packages.map(({ text, ...rest }) => rest) };
writeFileSync(new URL("plot.min.js", target), code);
writeFileSync(new URL("plot.json", target), `${JSON.stringify(about, null, 2)}\n`);
