import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = fileURLToPath(new URL("../damascus/office/static", import.meta.url));
const WORTH_COMPRESSING = /\.(js|css|svg|html)$/;

// The office sends these as they are: nobody waits for a compression.
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
        const path = join(OUT, name);
        if (!WORTH_COMPRESSING.test(name) || !statSync(path).isFile()) continue;
        const whole = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(whole));
        writeFileSync(`${path}.gz`, gzipSync(whole, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsInlineLimit: 0, // what is inline needs a wider policy
    cssCodeSplit: false, // 26 kB in all: no page waits for its own, or is without
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
