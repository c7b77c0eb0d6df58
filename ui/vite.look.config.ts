// The built screens over a core made of memory, to be looked at in a browser; never shipped.
// It answers with the shell's own content security policy, so that what the policy forbids is seen here.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const policy =
	"default-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src ipc: http://ipc.localhost";

export default defineConfig({
	plugins: [
		svelte(),
		{
			name: "look",
			transformIndexHtml: {
				order: "pre",
				handler: (html) => html.replace("/src/main.ts", "/src/test/look.ts"),
			},
		},
	],
	base: "./",
	build: {
		outDir: "dist-look",
		target: ["safari18", "chrome123"],
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
	},
	preview: {
		port: 4173,
		strictPort: true,
		host: "127.0.0.1",
		headers: { "Content-Security-Policy": policy },
	},
});
