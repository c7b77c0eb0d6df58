// Copying and saving a secret: the core does both, so its text never passes through here. Shared by the
// secret's own moment, the panel and the recovery code. Counts down until the copy leaves the clipboard.
import type { Copied, Saved } from "../ipc/bindings";
import { Act } from "../state/act.svelte";

export class Handling {
	/** Seconds until the clipboard is cleared; 0 once it was; null before anything was copied. */
	left = $state<number | null>(null);
	savedTo = $state.raw<string | null>(null);
	copy: Act<Copied>;
	save: Act<Saved>;
	#until = 0;
	#timer: ReturnType<typeof setInterval> | undefined;

	/** Must be made while a component is set up. */
	constructor(copy: () => Promise<Copied>, save: () => Promise<Saved>) {
		this.copy = new Act(copy, ({ clearsInSeconds }) => this.#countDown(clearsInSeconds));
		this.save = new Act(save, ({ path }) => (this.savedTo = path));
		$effect(() => () => clearInterval(this.#timer));
	}

	get problem(): string | null {
		return this.copy.beside() ?? this.save.beside();
	}

	#countDown(seconds: number) {
		clearInterval(this.#timer);
		this.#until = Date.now() + seconds * 1_000;
		this.left = seconds;
		this.#timer = setInterval(() => {
			this.left = Math.max(0, Math.ceil((this.#until - Date.now()) / 1_000));
			if (this.left === 0) clearInterval(this.#timer);
		}, 250);
	}
}
