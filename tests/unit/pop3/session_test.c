/*
 * Sessions over a store on a real disk: what was deleted has gone at QUIT and never
 * otherwise, a session sees what was there when it began, one session has a maildrop.
 */
#include "pop3/server.h"

#include "base/buffer.h"
#include "folder.h"
#include "pop3/store_maildrop.h"
#include "run/on_worker.h"
#include "session/talk.h"
#include "store/put_message.h"
#include "store/view.h"

#define SOON deadline_after_ms(60000)

static char folder[] = "/tmp/ringpost-pop3-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct attendance *attendance;
static int64_t send_ms;

static void stub_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	*offer_r = (struct pop3_offer){.user = true};
}

static enum login_verdict stub_password(struct pop3_session *session, struct slice name,
	struct slice password, struct deadline deadline)
{
	session->account = SLICE("jo@example.com");
	return LOGIN_OK;
}

static struct maildrop *stub_open(
	struct pop3_session *session, struct deadline deadline)
{
	return store_maildrop_open(port, account, SLICE("INBOX"), deadline);
}

static void stub_disconnect(struct pop3_session *session)
{
}

static const struct pop3_policy policy = {
	.offer = stub_offer,
	.password = stub_password,
	.open = stub_open,
	.disconnect = stub_disconnect,
};

static void serve(void *arg)
{
	struct client *client = arg;
	struct conversation_limits limits = conversation_limits_usual(POP3_IDLE_MS);
	struct pop3_server_options options = {.stream = client->server,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy};

	if (send_ms)
		limits.send_ms = send_ms;
	pop3_server_run(&options, deadline_after_ms(600000));
}

static void meet(struct client *client)
{
	client_meet(client, serve);
	hear(client, "+OK Ringpost POP3 at mx.example");
	say(client, "USER jo\r\nPASS x\r\n");
	hear(client, "+OK And the password?");
}

static void quit(struct client *client)
{
	say(client, "QUIT\r\n");
	hear(client, "+OK Goodbye");
	part(client);
}

static void append(struct slice text)
{
	enum store_fault fault;

	CHECK(put_message(
		port, account, SLICE("INBOX"), text, (struct append){0}, &fault));
}

static void remove_other(const char *uids)
{
	enum store_fault fault;
	struct view *view = view_open(
		port, account, SLICE("INBOX"), true, &fault, SOON);
	struct arena arena = {0};
	struct uid_set set;

	CHECK(view && uid_set_read(slice_of(uids), 100, &arena, &set));
	CHECK(view_expunge(view, &set, true, &fault, SOON));
	view_close(&view);
	arena_finish(&arena);
}

static void begin(void)
{
	store = store_create(folder, 2);
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
	attendance = attendance_create();
}

static void end(void)
{
	attendance_destroy(&attendance);
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static void snapshot(void *arg)
{
	struct client one, two;
	char uidl[40];
	struct slice line;

	begin();
	append(SLICE("Subject: a\n\n.a\n"));
	append(SLICE("Subject: b\r\n\r\n"));
	append(SLICE("Subject: c\r\n\r\nc"));
	meet(&one);
	hear(&one, "+OK 3 messages (47 octets)");
	/* RFC 1939 4: nobody else, meanwhile. */
	meet(&two);
	hear(&two, "-ERR [IN-USE] Another session has the maildrop open; try again "
		   "later");
	CHECK(!stream_wait(two.stream, SOON));
	part(&two);
	/* What comes is not seen; what another removes is gone. */
	append(SLICE("Subject: d\r\n\r\nd\r\n"));
	remove_other("2");
	say(&one, "STAT\r\nRETR 1\r\nRETR 2\r\nRETR 4\r\nTOP 3 0\r\nUIDL 3\r\n");
	hear(&one, "+OK 3 47");
	hear(&one, "+OK 18 octets");
	hear(&one, "Subject: a");
	hear(&one, "");
	hear(&one, "..a");
	hear(&one, ".");
	hear(&one, "-ERR That message is gone, another session removed it");
	hear(&one, "-ERR There is no such message");
	hear(&one, "+OK The top of it");
	hear(&one, "Subject: c");
	hear(&one, "");
	hear(&one, ".");
	CHECK(stream_read_line(one.stream, 100, &line, SOON));
	line = slice_trim_all(line);
	CHECK(slice_ends(line, SLICE("00000003")));
	CHECK(slice_to_text(slice_from(line, 6), uidl, sizeof(uidl)));
	/* A lost connection removes nothing; QUIT does, whatever others removed. */
	say(&one, "DELE 1\r\nDELE 2\r\n");
	hear(&one, "+OK It goes at QUIT");
	hear(&one, "+OK It goes at QUIT");
	part(&one);
	meet(&one);
	hear(&one, "+OK 3 messages (50 octets)");
	say(&one, "DELE 1\r\n");
	hear(&one, "+OK It goes at QUIT");
	remove_other("1");
	quit(&one);
	meet(&one);
	hear(&one, "+OK 2 messages (32 octets)");
	say(&one, "UIDL 1\r\nDELE 2\r\n");
	CHECK(stream_read_line(one.stream, 100, &line, SOON));
	CHECK(slice_starts(line, SLICE("+OK 1 ")));
	CHECK_SLICE(slice_from(slice_trim_all(line), 6), uidl);
	hear(&one, "+OK It goes at QUIT");
	quit(&one);
	end();
}

CASE("a snapshot; one session; nothing goes but at QUIT")
{
	on_worker(snapshot, NULL);
}

static void after(void *arg)
{
	struct client one;

	begin();
	meet(&one);
	hear(&one, "+OK 1 messages (15 octets)");
	say(&one, "TOP 1 0\r\n");
	hear(&one, "+OK The top of it");
	hear(&one, "Subject: c");
	hear(&one, "");
	hear(&one, ".");
	say(&one, "DELE 1\r\n");
	hear(&one, "+OK It goes at QUIT");
	quit(&one);
	end();
}

CASE("all of it is so after the store was opened again")
{
	on_worker(after, NULL);
}

#define LINES 60000

static void make_large(struct buffer *large)
{
	for (int i = 0; i < LINES; i++)
		buffer_append_format(large, "%sline %d\r\n", i % 7 ? "" : "..", i);
}

static void large(void *arg)
{
	struct buffer text = {0}, got = {0};
	struct client one;
	struct slice line;
	char wanted[40];

	begin();
	make_large(&text);
	append(buffer_contents(&text));
	meet(&one);
	snprintf(wanted, sizeof(wanted), "+OK 1 messages (%zu octets)",
		buffer_size(&text));
	hear(&one, wanted);
	say(&one, "RETR 1\r\nNOOP\r\n");
	snprintf(wanted, sizeof(wanted), "+OK %zu octets", buffer_size(&text));
	hear(&one, wanted);
	while (CHECK(stream_read_line(one.stream, 1000, &line, SOON)) &&
		!slice_equal(line, SLICE(".\r\n")))
		buffer_append(&got, slice_from(line, slice_starts(line, SLICE("."))));
	CHECK(slice_equal(buffer_contents(&got), buffer_contents(&text)));
	hear(&one, "+OK Nothing done");
	/* Who does not read has no session in the end. */
	quit(&one);
	send_ms = 50;
	meet(&one);
	snprintf(wanted, sizeof(wanted), "+OK 1 messages (%zu octets)",
		buffer_size(&text));
	hear(&one, wanted);
	say(&one, "DELE 1\r\nRSET\r\nRETR 1\r\nQUIT\r\n");
	CHECK(scope_join(&one.scope, SOON));
	part(&one);
	send_ms = 0;
	meet(&one);
	hear(&one, wanted);
	quit(&one);
	buffer_finish(&text);
	buffer_finish(&got);
	end();
}

CASE("a large message to the byte; who does not read it is left")
{
	on_worker(large, NULL);
}

CHECK_MAIN_IN(folder)
