/* Accounts beside the one whose session it is; see imap_others.h. */
#include "imap_others.h"

#include <stdlib.h>

#include "store/acl.h"
#include "store/draft.h"
#include "talk.h"

#define LATER deadline_none() /* time jumps while another thread works */

static const char *const letters[] = {
	"From: Ann <ann@example.org>\r\nTo: u@example.com\r\nSubject: One\r\n"
	"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
	"\r\nHello world\r\n",
	"From: Bob <bob@example.org>\r\nTo: u@example.com\r\nSubject: Two\r\n"
	"Date: Thu, 19 Nov 2026 10:00:00 +0000\r\nMessage-ID: <2@example.org>\r\n"
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	"\r\n--b\r\n\r\nText here\r\n--b\r\n"
	"Content-Type: application/octet-stream\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n",
	"From: Ann <ann@example.org>\r\nTo: u@example.com\r\nSubject: Re: One\r\n"
	"Date: Sat, 21 Nov 2026 06:00:00 +0000\r\nMessage-ID: <3@example.org>\r\n"
	"In-Reply-To: <1@example.org>\r\n\r\nGoodbye world\r\n",
};

static void must(bool held)
{
	if (!held)
		abort();
}

/* Of one conversation at a time. */
static struct store_port *port;
static struct store_account *bob;
static struct slice first; /* of his mailboxes */

void letter_deliver(struct store_port *by, struct store_account *account,
	struct slice mailbox, size_t which, uint8_t flags)
{
	struct append one = {
		.draft = draft_begin(by, account, LATER),
		.flags = flags,
		.keywords = SLICE(""),
		.internal_ms = TALK_BEGINS_MS,
	};
	struct slice letter = slice_of(letters[which % ARRAY_COUNT(letters)]);
	uint32_t uidvalidity, uid;
	enum store_fault fault;

	must(one.draft && draft_write(one.draft, letter, LATER) &&
		draft_finish(one.draft, LATER));
	must(mailbox_append(
		by, account, mailbox, &one, 1, &uidvalidity, &uid, &fault, LATER));
	draft_discard(&one.draft);
}

static void give(struct store_account *account, struct slice mailbox, const char *who,
	struct slice letters_of_rights)
{
	struct grant grant = {.who = slice_of(who)};
	enum store_fault fault;

	must(rights_read(letters_of_rights, &grant.rights));
	must(mailbox_grant(port, account, mailbox, GRANT_SET, &grant, &fault, LATER));
}

/* "Work=lrs,INBOX=" */
static void furnish(struct store_account *account, struct slice text, const char *who)
{
	while (text.size) {
		struct slice rights = slice_cut(&text, ',');
		struct slice mailbox = slice_cut(&rights, '=');
		enum store_fault fault;

		if (mailbox_create(
			    port, account, mailbox, MAILBOX_NO_USE, &fault, LATER) ||
			slice_equal(mailbox, SLICE("INBOX"))) {
			letter_deliver(port, account, mailbox, 0, 1);
			letter_deliver(port, account, mailbox, 1, 0);
		}
		give(account, mailbox, who, rights);
	}
}

static bool sleep_for(const char *name)
{
	return fiber_sleep(deadline_after_ms(atoi(talk_setting(name)) * 1000));
}

static void arrive(void *arg)
{
	if (sleep_for("bobs"))
		letter_deliver(port, bob, first, 2, 0);
}

static void see(void *arg)
{
	struct flags_change change = {FLAGS_ADD, MESSAGE_SEEN, SLICE_EMPTY, UINT64_MAX};
	struct uid_set modified;
	struct arena arena = {0};
	enum store_fault fault;
	struct view *view;

	if (!sleep_for("sees"))
		return;
	view = view_open(port, bob, first, true, &fault, LATER);
	must(view_change_flags(view, NULL, &change, &arena, &modified, &fault, LATER));
	view_close(&view);
	arena_finish(&arena);
}

static void revoke(void *arg)
{
	if (sleep_for("revokes"))
		give(bob, first, "u@example.com", SLICE_EMPTY);
}

void others_begin(struct store *store, struct store_port *by, struct scope *scope)
{
	const char *bobs = talk_setting("bob"), *anyone = talk_setting("anyone");
	struct store_account *team;
	struct slice rest = slice_of(bobs);

	port = by;
	bob = store_account_hold(store, SLICE("bob@example.com"));
	first = slice_cut(&rest, '=');
	furnish(bob, slice_of(bobs), "u@example.com");
	furnish(bob, slice_of(anyone), GRANT_ANYONE);
	team = store_account_hold(store, SLICE("team@example.com"));
	furnish(team, slice_of(talk_setting("team")), GRANT_ANYONE);
	store_account_release(&team);
	if (talk_setting("bobs"))
		scope_spawn(scope, "arrive", arrive, NULL);
	if (talk_setting("sees"))
		scope_spawn(scope, "see", see, NULL);
	if (talk_setting("revokes"))
		scope_spawn(scope, "revoke", revoke, NULL);
}

void others_end(void)
{
	store_account_release(&bob);
}

struct slice others_shared(struct imap_session *session)
{
	return talk_setting("team") ? SLICE("team@example.com") : SLICE_EMPTY;
}

/* "set bobs_quota 3": kilobytes. */
bool others_visit(struct imap_session *session, struct store_account *account,
	struct deadline deadline)
{
	const char *quota = talk_setting("bobs_quota");

	if (quota)
		store_account_set_quota(account,
			(struct store_sums){.bytes = (uint64_t)atoi(quota) * 1024});
	return true;
}
