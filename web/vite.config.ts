import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the page lies below a path that is another one each time
  build: {
    target: "es2022",
    modulePreload: false, // its helper would be code in line
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
