import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// Relative assets, because the shell serves them from its own scheme; nothing inlined, because the
// content security policy allows neither inline scripts nor inline styles.
export default defineConfig({
	plugins: [svelte(), svelteTesting()],
	base: "./",
	clearScreen: false,
	server: { port: 5173, strictPort: true, host: "127.0.0.1" },
	build: {
		target: ["safari18", "chrome123"],
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
	},
	test: {
		environment: "happy-dom",
		include: ["src/**/*.test.ts"],
		setupFiles: ["src/test/setup.ts"],
		env: { TZ: "UTC" },
		globals: true,
		// A busy machine is no failure; what hangs is noticed all the same.
		testTimeout: 30_000,
		expect: { requireAssertions: true },
	},
});
