// What happy-dom does not have: a size. Tables need one to know which rows are looked at.
import "@testing-library/jest-dom/vitest";
import { clearMocks } from "@tauri-apps/api/mocks";
import { cleanup } from "@testing-library/svelte";
import { afterEach } from "vitest";

Object.defineProperties(HTMLElement.prototype, {
	clientHeight: { configurable: true, get: () => 720 },
	clientWidth: { configurable: true, get: () => 1000 },
});

afterEach(async () => {
	cleanup();
	// What left the screen stops listening through the IPC; let it, before the IPC is taken away.
	await new Promise((resolve) => setTimeout(resolve));
	clearMocks();
});
