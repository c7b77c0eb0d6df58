// The one door to the shell: the typed commands, and the one event that says which topics have new
// content. Everything else in the screens imports from here or from bindings' types, so what crosses the
// boundary can be read in two files.
import { listen } from "@tauri-apps/api/event";
import type { Topic, TopicsChanged } from "./bindings";

export { commands } from "./bindings";

type Subscriber = { topics: readonly Topic[]; hear: () => void };

const subscribers = new Set<Subscriber>();
let stopListening: Promise<() => void> | null = null;

function announce({ topics }: TopicsChanged) {
	for (const subscriber of [...subscribers]) {
		if (subscriber.topics.some((topic) => topics.includes(topic))) subscriber.hear();
	}
}

/** Calls `hear` whenever one of the topics has new content, until the returned function is called. */
export function onTopics(topics: readonly Topic[], hear: () => void): () => void {
	const subscriber = { topics, hear };
	subscribers.add(subscriber);
	stopListening ??= listen<TopicsChanged>("topics-changed", (event) => announce(event.payload));
	return () => {
		subscribers.delete(subscriber);
		if (subscribers.size > 0 || stopListening === null) return;
		const stop = stopListening;
		stopListening = null;
		void stop.then((unlisten) => unlisten());
	};
}
