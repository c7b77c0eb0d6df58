// The issuers of the fake core, as the server would keep them.
import type { IssuerDraft, IssuerLook, IssuerRow, IssuersPage, Principal, TokenCheck } from "../ipc/bindings";
import type { FakeGroups } from "./groups";
import type { FakePeople } from "./people";
import { ago } from "./sample";

const DAY = 86_400_000;

export class FakeIssuers {
	readonly #people: FakePeople;
	readonly #groups: FakeGroups;
	issuers: IssuerRow[] = [];
	/** What an issuer says of itself. */
	found: IssuerLook = {
		url: "https://login.northwind.example",
		keysUrl: "https://login.northwind.example/keys",
		keys: 2,
		algorithms: ["RS256", "ES256"],
		refusedAlgorithms: ["HS256"],
	};
	check: TokenCheck = {
		steps: [{ what: "Form", passed: false, detail: "This is no signed token." }],
		answer: null,
		keysAsOf: null,
	};

	constructor(people: FakePeople, groups: FakeGroups) {
		this.#people = people;
		this.#groups = groups;
	}

	page(): IssuersPage {
		const may = this.#people.role === "owner" || this.#people.role === "admin";
		return {
			issuers: this.issuers,
			manage: { allowed: may, reason: may ? null : "Owner and Admin may change issuers." },
			everybody: this.#groups.everybody,
		};
	}

	/** One that is registered already. */
	register(): IssuerRow {
		const issuer: IssuerRow = {
			id: "iss_login",
			url: this.found.url,
			audience: "api",
			subjectClaim: "sub",
			byEmail: false,
			algorithms: ["RS256"],
			leewaySeconds: 30,
			subjects: [{ subject: "ibo-7", principal: { kind: "member", id: "mem_ibo" }, name: "Ibo Aydın" }],
			since: ago(DAY),
			addedBy: "Mara Lindqvist",
		};
		this.issuers = [...this.issuers, issuer];
		return issuer;
	}

	add(draft: IssuerDraft): string {
		const issuer = { ...this.register(), ...draft, subjects: [] };
		this.issuers = [issuer];
		return issuer.id;
	}

	map(subject: unknown, principal: unknown): null {
		const somebody = this.#groups.everybody.find(
			({ owner }) => owner.id === (principal as Principal | null)?.id,
		);
		this.issuers = this.issuers.map((issuer) => {
			const others = issuer.subjects.filter((known) => known.subject !== subject);
			return {
				...issuer,
				subjects:
					somebody === undefined
						? others
						: [
								...others,
								{ subject: String(subject), principal: somebody.owner, name: somebody.name },
							],
			};
		});
		return null;
	}

	byEmail(on: unknown): null {
		this.issuers = this.issuers.map((issuer) => ({ ...issuer, byEmail: on === true }));
		return null;
	}

	remove(id: unknown): null {
		this.issuers = this.issuers.filter((issuer) => issuer.id !== id);
		return null;
	}
}
