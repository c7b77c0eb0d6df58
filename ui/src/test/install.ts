// Puts a fake core behind the window's IPC.
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import { FakeCore } from "./core";

export function installCore(core: FakeCore): FakeCore {
	mockIPC((command, given) => core.answer(command, given as Record<string, unknown>), {
		shouldMockEvents: true,
	});
	core.announce = (topics) => void emit("topics-changed", { topics });
	core.tellImport = (progress) => void emit("import-progress", progress);
	core.tellProgress = (progress) => void emit("scan-progress", progress);
	return core;
}
