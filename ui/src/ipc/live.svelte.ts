// One way to read: ask, show the answer, ask again when the core announces a topic. An answer to a question
// that is no longer asked is dropped; while rereading, the old answer stays on the screen. A wait only
// becomes visible (`slow`) after 200 ms, so quick answers never flash a skeleton.
import type { AppError, Topic } from "./bindings";
import { asAppError } from "./errors";
import { onTopics } from "./tauri";

type Loadable<T> =
	{ is: "loading"; slow: boolean } | { is: "ready"; value: T } | { is: "failed"; error: AppError };

export type Live<T> = { readonly state: Loadable<T>; readonly value: T | null; reread: () => void };

const SLOW_AFTER_MS = 200;

/**
 * A query that stays current. Must be called while a component is set up (or inside an effect root).
 * Reactive values that `read` touches before its first `await` are dependencies: when they change, the
 * question changes, and the pending answer is dropped.
 */
export function live<T>(topics: readonly Topic[], read: () => Promise<T>): Live<T> {
	let state = $state.raw<Loadable<T>>({ is: "loading", slow: false });
	let asked = 0;
	let reading = false;
	let again = false;

	function settle(question: number, next: Loadable<T>) {
		if (question !== asked) return;
		reading = false;
		state = next;
		if (again) ask();
	}

	function ask() {
		const question = ++asked;
		reading = true;
		again = false;
		read().then(
			(value) => settle(question, { is: "ready", value }),
			(thrown: unknown) => settle(question, { is: "failed", error: asAppError(thrown) }),
		);
	}

	// An announcement during a read does not throw its answer away (a busy sync would starve the screen):
	// the answer is shown and one more read follows.
	function reread() {
		if (reading) again = true;
		else ask();
	}

	$effect(() => {
		ask();
		return () => {
			asked++;
			reading = false;
		};
	});

	$effect(() => onTopics(topics, reread));

	$effect(() => {
		if (state.is !== "loading" || state.slow) return;
		const timer = setTimeout(() => (state = { is: "loading", slow: true }), SLOW_AFTER_MS);
		return () => clearTimeout(timer);
	});

	return {
		get state() {
			return state;
		},
		get value() {
			return state.is === "ready" ? state.value : null;
		},
		reread,
	};
}
