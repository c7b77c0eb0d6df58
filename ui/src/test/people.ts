// The members and invitations of the fake core, as the server would keep them.
import type {
	ActRule,
	InvitationRow,
	InvitationSeen,
	InviteDraft,
	InviteReport,
	MemberRow,
	MembershipRow,
	PeopleView,
	Role,
	SentLink,
} from "../ipc/bindings";
import { ago } from "./sample";

const DAY = 86_400_000;
const yes: ActRule = { allowed: true, reason: null };
const no = (reason: string): ActRule => ({ allowed: false, reason });
const MANAGE = "Owner and Admin may invite people, change roles and remove members.";

type Member = { id: string; name: string; email: string; role: Role; days: number };
type Invitation = { id: string; email: string; role: Role; days: number };

export class FakePeople {
	/** Who asks. */
	role: Role = "owner";
	/** Whether the server sends mail. */
	mails = false;
	members: Member[] = [
		{ id: "mem_mara", name: "Mara Lindqvist", email: "mara@northwind.example", role: "owner", days: 400 },
		{ id: "mem_ibo", name: "Ibo Aydın", email: "ibo@northwind.example", role: "admin", days: 120 },
		{ id: "mem_chen", name: "Chen Wei", email: "chen@northwind.example", role: "editor", days: 3 },
	];
	invitations: Invitation[] = [
		{ id: "inv_dora", email: "dora@northwind.example", role: "viewer", days: 2 },
		{ id: "inv_late", email: "late@northwind.example", role: "billing", days: 9 },
	];
	seen: InvitationSeen = {
		organizationName: "Lindqvist Freight",
		invitedBy: "Sven Lindqvist",
		email: "m…@northwind.example",
		role: "editor",
		state: "pending",
		expiresAt: ago(-5 * DAY),
		host: "keys.lindqvist.example",
		exposed: false,
		signedIn: [],
	};
	memberships: MembershipRow[] = [];
	/** Into which people can be invited. */
	groups: PeopleView["groups"] = [];

	view(): PeopleView {
		const manages = this.role === "owner" || this.role === "admin";
		const may = manages ? yes : no(`Your role is ${this.role}; ${MANAGE}`);
		const touch = (role: Role) =>
			role === "admin" && this.role === "admin"
				? no("Only the Owner may change or remove Admins.")
				: may;
		return {
			members: this.members.map((member): MemberRow => {
				const isYou = member.id === "mem_mara";
				const rule =
					member.role === "owner"
						? no("Nobody may change or remove the Owner.")
						: touch(member.role);
				return {
					...member,
					accountId: `acc_${member.id}`,
					since: ago(member.days * DAY),
					isYou,
					change: rule,
					remove: rule,
				};
			}),
			invitations: manages
				? this.invitations.map((one): InvitationRow => ({
						...one,
						groups: [],
						state: one.days < 7 ? "pending" : "expired",
						invitedBy: "Ibo Aydın",
						sentAt: ago(one.days * DAY),
						expiresAt: ago((one.days - 7) * DAY),
						touch: touch(one.role),
					}))
				: [],
			invite: may,
			roles: (["admin", "billing", "editor", "viewer"] as const).map((role) => ({
				role,
				rule: role === "admin" && this.role === "admin" ? no("Only the Owner may make Admins.") : may,
			})),
			groups: this.groups,
			leave: this.role === "owner" ? no("The Owner can't leave; transfer the ownership first.") : yes,
		};
	}

	invite({ emails, role }: InviteDraft): InviteReport {
		const report: InviteReport = { invited: [], refused: [] };
		for (const email of emails) {
			if (!email.includes("@")) report.refused.push({ email, reason: "It is not an email address." });
			else if (this.members.some((member) => member.email === email))
				report.refused.push({ email, reason: "Is a member already." });
			else {
				const invitation = { id: `inv_${email}`, email, role, days: 0 };
				this.invitations = [invitation, ...this.invitations];
				report.invited.push(this.#link(invitation));
			}
		}
		return report;
	}

	resend(id: unknown): SentLink {
		this.invitations = this.invitations.map((one) => (one.id === id ? { ...one, days: 0 } : one));
		const found = this.invitations.find((one) => one.id === id);
		if (found === undefined) throw new Error("There is no such invitation.");
		return this.#link(found);
	}

	cancel(id: unknown): null {
		this.invitations = this.invitations.filter((one) => one.id !== id);
		return null;
	}

	change(id: unknown, role: unknown): null {
		this.members = this.members.map((one) => (one.id === id ? { ...one, role: role as Role } : one));
		return null;
	}

	remove(id: unknown): null {
		this.members = this.members.filter((one) => one.id !== id);
		return null;
	}

	#link({ id, email }: Invitation): SentLink {
		return {
			invitationId: id,
			email,
			mailed: this.mails,
			link: this.mails ? null : `https://keys.northwind.example/invite/ksi_${id}`,
			local: false,
			expiresAt: ago(-7 * DAY),
		};
	}
}
