// Builds the console into console/dist; in development, proxies the worker's API.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const worker = process.env.SHUNDA_WORKER ?? "http://127.0.0.1:8787";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // A strict CSP has no room for data: scripts, and small files cache well on their own.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // Ours changes with every release, these two rarely: browsers keep them.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: "antd", test: /node_modules[\\/](antd|@ant-design|@rc-component|rc-.*|@emotion|stylis)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: worker, ws: true } },
  },
});
