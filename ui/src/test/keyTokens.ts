// Personal tokens on service keys, as the server would keep them.
import type { ActRule, CreatedKey, KeyRow, KeyTokenRow } from "../ipc/bindings";
import { ago } from "./sample";

const YOU = "mem_mara";

export class FakeKeyTokens {
	#tokens = new Map<string, KeyTokenRow[]>();
	#made = 0;

	of(key: string): KeyTokenRow[] {
		return this.#tokens.get(key) ?? [];
	}

	makeRule({ kind, people }: KeyRow): ActRule {
		if (kind !== "service") return { allowed: false, reason: "Only service keys have personal tokens." };
		return people.includes(YOU)
			? { allowed: true, reason: null }
			: { allowed: false, reason: "This key is not assigned to you." };
	}

	/** A token of somebody, made earlier. */
	add(key: string, member: string, name: string): KeyTokenRow {
		const token: KeyTokenRow = {
			secret: {
				id: `own_${String(++this.#made)}`,
				prefix: "kst_svc_",
				lastFour: `own${String(this.#made)}`,
				createdAt: ago(0),
				onThisComputer: member === YOU,
				lastUsedAt: null,
				lastUsedFrom: null,
				useCount: 0,
				retiresAt: null,
				retiredAt: null,
			},
			memberId: member,
			memberName: name,
			isYou: member === YOU,
			end: { allowed: true, reason: null },
		};
		this.#tokens.set(key, [token, ...this.of(key)]);
		return token;
	}

	make({ id, name, kind }: KeyRow): CreatedKey {
		for (const token of this.of(id)) if (token.isYou) this.#end(token);
		const { secret } = this.add(id, YOU, "Mara Lindqvist");
		return {
			keyId: id,
			secretId: secret.id,
			name,
			kind,
			prefix: "kst_svc_",
			body: "0123456789012345678901234567890",
			checksum: "abcdef",
			storedIn: "os",
		};
	}

	end(key: string, secret: string): null {
		for (const token of this.of(key)) if (token.secret.id === secret) this.#end(token);
		return null;
	}

	#end(token: KeyTokenRow): void {
		token.secret = { ...token.secret, retiredAt: ago(0) };
	}
}
