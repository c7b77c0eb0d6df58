// Tells the core that a hand is on the window, so that it knows when none has been for a while. Told at most
// every five seconds: the core counts in minutes.
import { commands } from "../ipc/tauri";

const TOLD_EVERY_MS = 5_000;
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown"] as const;

/** Until the returned function is called. */
export function tellOfTheHand(): () => void {
	let told = -Infinity;
	function tell() {
		const now = performance.now();
		if (now - told < TOLD_EVERY_MS) return;
		told = now;
		// A touch that is lost is followed by the next.
		commands.touch().catch(() => {});
	}
	for (const sign of SIGNS) window.addEventListener(sign, tell, { passive: true });
	return () => {
		for (const sign of SIGNS) window.removeEventListener(sign, tell);
	};
}
