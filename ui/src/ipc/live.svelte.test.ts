import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Topic } from "./bindings";
import { live } from "./live.svelte";

const heard = vi.hoisted((): { announce: (topics: Topic[]) => void } => ({ announce: () => {} }));
vi.mock("./tauri", () => ({
	onTopics: (topics: Topic[], hear: () => void) => {
		heard.announce = (announced) => {
			if (announced.some((topic) => topics.includes(topic))) hear();
		};
		return () => (heard.announce = () => {});
	},
}));

/** A read whose answers are given by hand. */
function byHand() {
	const open: { resolve: (value: string) => void; reject: (thrown: unknown) => void }[] = [];
	const read = () => new Promise<string>((resolve, reject) => open.push({ resolve, reject }));
	return { open, read };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

describe("live", () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test("a wait becomes visible only after 200 ms", async () => {
		const { open, read } = byHand();
		let query!: ReturnType<typeof live<string>>;
		const end = $effect.root(() => void (query = live(["keys"], read)));
		flushSync();
		await vi.advanceTimersByTimeAsync(199);
		expect(query.state).toEqual({ is: "loading", slow: false });
		await vi.advanceTimersByTimeAsync(1);
		expect(query.state).toEqual({ is: "loading", slow: true });
		open[0]?.resolve("answer");
		await settled();
		expect(query.state).toEqual({ is: "ready", value: "answer" });
		end();
	});

	test("an answer to a question no longer asked is dropped", async () => {
		const { open, read } = byHand();
		let key = $state("first");
		let query!: ReturnType<typeof live<string>>;
		const end = $effect.root(() => {
			query = live(["keys"], () => (key === "" ? Promise.reject() : read()));
		});
		flushSync();
		key = "second";
		flushSync();
		open[1]?.resolve("of the second");
		await settled();
		open[0]?.resolve("of the first, late");
		await settled();
		expect(query.value).toBe("of the second");
		end();
	});

	test("rereads on its topics, keeps the old value meanwhile, and ignores other topics", async () => {
		const { open, read } = byHand();
		let query!: ReturnType<typeof live<string>>;
		const end = $effect.root(() => void (query = live(["keys"], read)));
		flushSync();
		open[0]?.resolve("old");
		await settled();
		heard.announce(["preferences"]);
		expect(open).toHaveLength(1);
		heard.announce(["keys"]);
		expect(open).toHaveLength(2);
		expect(query.value).toBe("old");
		open[1]?.resolve("new");
		await settled();
		expect(query.value).toBe("new");
		end();
	});

	test("announcements during a read cause exactly one more, and do not starve the screen", async () => {
		const { open, read } = byHand();
		let query!: ReturnType<typeof live<string>>;
		const end = $effect.root(() => void (query = live(["keys"], read)));
		flushSync();
		heard.announce(["keys"]);
		heard.announce(["keys"]);
		open[0]?.resolve("first");
		await settled();
		expect(query.value).toBe("first");
		expect(open).toHaveLength(2);
		end();
	});

	test("whatever is thrown becomes an AppError", async () => {
		const { open, read } = byHand();
		let query!: ReturnType<typeof live<string>>;
		const end = $effect.root(() => void (query = live(["keys"], read)));
		flushSync();
		open[0]?.reject(new TypeError("broken"));
		await settled();
		expect(query.state).toMatchObject({
			is: "failed",
			error: { code: "unexpected", details: "TypeError: broken" },
		});
		end();
	});
});
