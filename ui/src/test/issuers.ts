// The issuers of the fake core, as the server would keep them.
import type { IssuerDraft, IssuerLook, IssuerRow, IssuersPage, TokenCheck } from "../ipc/bindings";
import type { FakePeople } from "./people";
import { ago } from "./sample";

const DAY = 86_400_000;

export class FakeIssuers {
	readonly #people: FakePeople;
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

	constructor(people: FakePeople) {
		this.#people = people;
	}

	page(): IssuersPage {
		const may = this.#people.role === "owner" || this.#people.role === "admin";
		return {
			issuers: this.issuers,
			manage: { allowed: may, reason: may ? null : "Owner and Admin may change issuers." },
			members: this.#people.members.map(({ id, name, email }) => ({ id, name, email })),
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
			subjects: [{ subject: "ibo-7", memberId: "mem_ibo", name: "Ibo Aydın" }],
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

	map(subject: unknown, memberId: unknown): null {
		const member = this.#people.members.find(({ id }) => id === memberId);
		this.issuers = this.issuers.map((issuer) => {
			const others = issuer.subjects.filter((known) => known.subject !== subject);
			return {
				...issuer,
				subjects:
					member === undefined
						? others
						: [...others, { subject: String(subject), memberId: member.id, name: member.name }],
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
