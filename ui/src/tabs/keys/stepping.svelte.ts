// Extending, finishing or rolling back a rotation: the core does it, and what it said is said.
import type { KeyDetail, KeyId, PendingOperation, RotationStep } from "../../ipc/bindings";
import { commands } from "../../ipc/tauri";
import { say } from "../../kit/toasts.svelte";
import { answered } from "../../parts/answered";
import { awayWords } from "../../parts/words";
import { Act } from "../../state/act.svelte";
import { getWorkspace } from "../../state/workspace";

type StepOperation = Extract<PendingOperation, "extend_rotation" | "finish_rotation" | "roll_back_rotation">;

const done: Record<StepOperation, string> = {
	extend_rotation: "extended",
	finish_rotation: "finished",
	roll_back_rotation: "rolled back",
};

type Answer = Awaited<ReturnType<typeof answered>>;

export class Stepping {
	open = $state(true);
	readonly act: Act<Answer, [RotationStep]>;
	#workspace = getWorkspace();
	#onclose: () => void;

	/** Must be made while a component is set up. */
	constructor(keyId: () => KeyId, operation: StepOperation, onclose: () => void) {
		this.#onclose = onclose;
		this.act = new Act(
			async (step: RotationStep) =>
				answered((await commands.stepRotation(keyId(), step)) satisfies KeyDetail, operation),
			({ row: { name }, state, change }) => {
				this.close();
				const what = `The rotation of ${name} is ${done[operation]}`;
				if (state === "in_force") say(`${what}.`);
				else if (state === "refused")
					say(change?.message ?? `The server refused: ${name} is rotated as before.`, "bad");
				else say(`${what} here, not yet in force: the server has not confirmed it.`);
			},
		);
	}

	/** Where the server stands, or what is under way. */
	get doing(): string | null {
		if (this.act.long) return "Telling the server…";
		const away = awayWords(this.#workspace.sync.value);
		return away === null ? null : `${away}: in force once the server confirms it.`;
	}

	close = () => {
		this.act.forget();
		this.open = false;
		this.#onclose();
	};
}
