// How one secret of a key stands, as the core's moments say it.
import type { SecretRow } from "../ipc/bindings";

export type SecretStanding = { is: "current" } | { is: "retiring"; at: string } | { is: "ended"; at: string };

export function standingOf({ retiresAt, retiredAt }: SecretRow, now: number): SecretStanding {
	if (retiredAt !== null) return { is: "ended", at: retiredAt };
	if (retiresAt === null) return { is: "current" };
	return { is: Date.parse(retiresAt) <= now ? "ended" : "retiring", at: retiresAt };
}

export const standingNames: Record<SecretStanding["is"], string> = {
	current: "current secret",
	retiring: "old secret, works until its rotation ends",
	ended: "ended secret",
};
