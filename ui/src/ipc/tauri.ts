// The one door to the shell: the typed commands, and the events that say which topics have new content, how far
// a search has come, and what is dropped on the window. Everything else in the screens imports from here or from bindings' types, so what crosses the
// boundary can be read in two files.
import { listen } from "@tauri-apps/api/event";
import type { ImportProgress, ScanProgress, Topic, TopicsChanged } from "./bindings";

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

/** Listens until the returned function is called. */
function hearing<Payload>(event: string, hear: (payload: Payload) => void): () => void {
	const stop = listen<Payload>(event, ({ payload }) => hear(payload));
	return () => void stop.then((unlisten) => unlisten());
}

/** Calls `hear` with how far a search of files has come, until the returned function is called. */
export function onScanProgress(hear: (progress: ScanProgress) => void): () => void {
	return hearing("scan-progress", hear);
}

/** Calls `hear` with how far an import of keys has come, until the returned function is called. */
export function onImportProgress(hear: (progress: ImportProgress) => void): () => void {
	return hearing("import-progress", hear);
}

type Drops = { over: (isOver: boolean) => void; drop: (paths: string[]) => void };

/** Says whether files are held over the window, and which are dropped: their paths, for the core to read. */
export function onDrops({ over, drop }: Drops): () => void {
	const stops = [
		hearing("tauri://drag-enter", () => over(true)),
		hearing("tauri://drag-leave", () => over(false)),
		hearing<{ paths: string[] }>("tauri://drag-drop", ({ paths }) => {
			over(false);
			drop(paths);
		}),
	];
	return () => {
		for (const stop of stops) stop();
	};
}
