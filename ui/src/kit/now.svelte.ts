// The present, for what is said relative to it. Ticks only while something on the screen reads it.
import { createSubscriber } from "svelte/reactivity";

const TICK_MS = 20_000;

const subscribe = createSubscriber((update) => {
	const timer = setInterval(update, TICK_MS);
	return () => clearInterval(timer);
});

/** Milliseconds since the epoch, reactive. */
export function now(): number {
	subscribe();
	return Date.now();
}
