// The account of the fake core, and its sessions.
import type { AccountOverview, ConnectionView, SessionRow } from "../ipc/bindings";
import { ago } from "./sample";

const HOUR = 3_600_000;

export class FakeAccount {
	fromCopy = false;
	sessions: SessionRow[] = [
		{
			id: "ses_this",
			client: "Keystead 0.1.0 on laptop",
			address: "10.0.0.7",
			since: ago(50 * HOUR),
			lastSeenAt: ago(0),
			isThis: true,
		},
		{
			id: "ses_old",
			client: "Keystead 0.1.0 on old-tower",
			address: "192.0.2.4",
			since: ago(400 * HOUR),
			lastSeenAt: ago(90 * HOUR),
			isThis: false,
		},
	];

	view(open: ConnectionView | undefined): AccountOverview {
		return {
			name: "Mara Lindqvist",
			username: "mara",
			email: "mara@northwind.example",
			since: ago(9_000 * HOUR),
			memberships: [
				{
					organizationId: "org_northwind",
					organizationName: open?.organizationName ?? "Northwind",
					role: open?.role ?? "owner",
					connectionId: open?.id ?? null,
					isOpen: true,
				},
			],
			sessions: this.sessions.map((one) => (this.fromCopy ? { ...one, isThis: null } : one)),
			fromCopy: this.fromCopy,
		};
	}

	end(id: string | null): null {
		this.sessions = this.sessions.filter((one) => (id === null ? one.isThis === true : one.id !== id));
		return null;
	}
}
