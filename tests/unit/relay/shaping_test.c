/* Shaping: the layers, key by key; who is found; what is refused, and where. */
#include "base/buffer.h"
#include "base/config.h"
#include "base/memory.h"
#include "check.h"
#include "relay/route.h"
#include "shaping/shaping.h"

static struct config *config_of(const char *rest)
{
	char *errors = NULL;
	char *text = memory_format("hostname: mail.here.test\n"
				   "listeners: []\n"
				   "%s",
		rest);
	struct config *config = config_parse_text("r.yaml", slice_of(text), &errors);

	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

static struct shaping *shaping_of(const char *config_text, const char *local)
{
	struct config *config = config_of(config_text);
	char *errors = NULL;
	struct shaping *shaping = shaping_parse_text(
		config, local ? "s.yaml" : NULL, slice_of(local), &errors);

	if (!CHECK(shaping != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	config_release(&config);
	return shaping;
}

struct wanted {
	const char *scope, *name;
	struct buffer *text;
};

static void note(void *context, const struct shaping_value *value)
{
	struct wanted *wanted = context;
	const char *scope = value->scope ? value->scope : "";

	if (strcmp(scope, wanted->scope) == 0 && strcmp(value->name, wanted->name) == 0)
		buffer_append_format(wanted->text, "%s (%s)",
			value->text[0] ? value->text : "-", value->origin);
}

/* KEY "site.connections" or "tls": "value (origin)". */
static void check_value(const struct shaping *shaping,
	const struct shaping_question *question, const char *key, const char *want,
	int line)
{
	struct slice rest = slice_of(key), scope = slice_cut(&rest, '.');
	char scope_text[32] = "";
	struct buffer text = {0};
	struct wanted wanted = {.scope = scope_text, .name = key, .text = &text};

	if (rest.at) {
		slice_to_text(scope, scope_text, sizeof(scope_text));
		wanted.name = rest.at;
	}
	shaping_explain(shaping, question, note, &wanted);
	check_slice(buffer_contents(&text), slice_of(want), key, __FILE__, line);
	buffer_finish(&text);
}

#define CHECK_VALUE(host, domain_, key, want)                          \
	do {                                                           \
		struct slice hosts_[1] = {slice_of(host)};             \
		struct shaping_question question_ = {.hosts = hosts_,  \
			.host_count = 1,                               \
			.domain = slice_of(domain_)};                  \
                                                                       \
		check_value(shaping, &question_, key, want, __LINE__); \
	} while (0)

static struct shaping_rule find(
	const struct shaping *shaping, const char *host, const char *domain)
{
	struct slice hosts[1] = {slice_of(host)};
	struct shaping_question question = {
		.hosts = hosts, .host_count = 1, .domain = slice_of(domain)};
	struct shaping_rule rule;

	shaping_find(shaping, &question, &rule);
	return rule;
}

CASE("without any file: what relay: says, and where")
{
	struct shaping *shaping = shaping_of(
		"relay: { connections: 7 }\nshaping: { shipped: false }\n", NULL);
	struct shaping_rule rule = find(shaping, "aspmx.l.google.com", "gmail.com");

	CHECK_VALUE("mx.a.test", "a.test", "site.connections", "7 (r.yaml:3)");
	CHECK_VALUE("mx.a.test", "a.test", "messages_per_connection", "100 (default)");
	CHECK_VALUE("mx.a.test", "a.test", "idle", "30s (default)");
	CHECK_VALUE("mx.a.test", "a.test", "tls", "may (default)");
	CHECK_VALUE("mx.a.test", "a.test", "site.messages_per_hour", "- (default)");
	CHECK(!rule.provider_name);
	CHECK_NUMBER(rule.reaction_lists, 0);
	CHECK_NUMBER(rule.site.connections, 7);
	CHECK_NUMBER(rule.ahead, 4);
	CHECK_NUMBER(rule.idle_ms, 30000);
	CHECK_NUMBER(shaping_list_count(shaping), 0);
	shaping_release(&shaping);
}

CASE("what ships is good, and knows who is asked for")
{
	static const struct {
		const char *host, *provider;
	} known[] = {
		{"gmail-smtp-in.l.google.com", "google"},
		{"aspmx3.googlemail.com", "google"},
		{"mta5.am0.yahoodns.net", "yahoo"},
		{"mx1.mail.yahoo.co.jp", "yahoo-japan"},
		{"outlook-com.olc.protection.outlook.com", "microsoft"},
		{"contoso-com.mail.protection.outlook.com", "office365"},
		{"contoso-com.o-v1.mx.microsoft", "office365"},
		{"MX01.mail.icloud.com", "apple"},
		{"mx1.comcast.net", "comcast"},
		{"mx00.gmx.net", "gmx"},
		{"mx-ha02.web.de", "gmx"},
		{"mx01.mail.com", "mail.com"},
		{"smtp-in.orange.fr", "orange"},
		{"eu-smtp-inbound-1.mimecast.com", "mimecast"},
		{"d1234.ess.barracudanetworks.com", "barracuda"},
		{"mx3.qq.com", "qq"},
		{"163mx01.mxmail.netease.com", "netease"},
		{"smtp.mailgun.org", "mailgun"},
		{"google.com", NULL},
		{"mx.notgoogle.com", NULL},
		{"mx.google.com.evil.test", NULL},
		{"[192.0.2.1]", NULL},
	};
	struct shaping *shaping = shaping_of("", NULL);

	for (size_t i = 0; shaping && i < ARRAY_COUNT(known); i++) {
		struct shaping_rule rule = find(shaping, known[i].host, "a.test");

		CHECK_SLICE(slice_of(rule.provider_name),
			known[i].provider ? known[i].provider : "");
	}
	CHECK_VALUE("a.l.google.com", "a.test", "provider.connections",
		"5 (shipped: google)");
	CHECK_VALUE("a.l.google.com", "a.test", "tls", "must (shipped: google)");
	CHECK_VALUE("a.yahoodns.net", "a.test", "messages_per_connection",
		"20 (shipped: yahoo)");
	CHECK_VALUE("a.mx.microsoft", "a.test", "site.connections",
		"5 (shipped: office365)");
	shaping_release(&shaping);
}

CASE("each layer wins over the one before, key by key")
{
	static const char local[] =
		"default:\n"
		"  messages_per_minute: 600\n"
		"  messages_per_connection: 30\n"
		"providers:\n"
		"  - name: yahoo\n"
		"    connections: 40\n"
		"    site: { connections: 4 }\n"
		"  - name: ours\n"
		"    mx: [\"*.Ours.test\", mx.other.test]\n"
		"    messages_per_connection: 2\n"
		"domains:\n"
		"  - { domain: one.test, messages_per_connection: 3,\n"
		"      messages_per_second: 9, tls: none }\n"
		"  - { domain: .test, idle: 5s }\n";
	struct shaping *shaping = shaping_of("", local);

	CHECK_VALUE(
		"mta.yahoodns.net", "a.org", "provider.connections", "40 (s.yaml:6)");
	CHECK_VALUE("mta.yahoodns.net", "a.org", "site.connections", "4 (s.yaml:7)");
	/* Our default is a later layer than what ships for Yahoo. */
	CHECK_VALUE("mta.yahoodns.net", "a.org", "messages_per_connection",
		"30 (s.yaml:3)");
	CHECK_VALUE("mx.org", "a.org", "site.messages_per_minute", "600 (s.yaml:2)");
	CHECK_VALUE(
		"mx1.ours.test", "a.org", "messages_per_connection", "2 (s.yaml:10)");
	CHECK_VALUE(
		"mx.other.test", "a.org", "messages_per_connection", "2 (s.yaml:10)");
	CHECK_VALUE(
		"mx2.other.test", "a.org", "messages_per_connection", "30 (s.yaml:3)");
	CHECK_VALUE("mx1.ours.test", "One.test", "messages_per_connection",
		"3 (s.yaml:12)");
	CHECK_VALUE("mx1.ours.test", "one.test", "domain.messages_per_second",
		"9 (s.yaml:13)");
	CHECK_VALUE(
		"mx1.ours.test", "one.test", "site.messages_per_second", "- (default)");
	CHECK_VALUE("mx1.ours.test", "two.test", "domain.messages_per_second",
		"- (default)");
	/* ".test" is not one.test's: it has an entry. */
	CHECK_VALUE("mx1.ours.test", "one.test", "idle", "30s (default)");
	CHECK_VALUE("mx1.ours.test", "x.y.test", "idle", "5s (s.yaml:14)");
	/* An operator may ask for less TLS than what ships. */
	CHECK_VALUE("a.l.google.com", "one.test", "tls", "none (s.yaml:13)");
	shaping_release(&shaping);
}

CASE("a route has the last word, where it says something")
{
	struct config *config = config_of("relay: { ahead: 8 }\n"
					  "routes:\n"
					  "  - domain: one.test\n"
					  "    connections: 3\n"
					  "    tls: must\n");
	char *errors = NULL;
	struct shaping *shaping = shaping_parse_text(config, "s.yaml",
		SLICE("default: { connections: 9, ahead: 2, messages_per_second: 5 }"),
		&errors);
	struct slice hosts[] = {SLICE("mx.one.test")};
	struct shaping_question question = {.hosts = hosts,
		.host_count = 1,
		.domain = SLICE("one.test"),
		.route = &config->routes[0]};

	check_value(shaping, &question, "site.connections", "3 (r.yaml:6)", __LINE__);
	check_value(shaping, &question, "tls", "must (r.yaml:7)", __LINE__);
	check_value(shaping, &question, "ahead", "2 (s.yaml:1)", __LINE__);
	check_value(shaping, &question, "site.messages_per_second", "5 (s.yaml:1)",
		__LINE__);
	shaping_release(&shaping);
	config_release(&config);
}

CASE("what ships makes nothing looser that relay: has in writing")
{
	struct shaping *shaping = shaping_of(
		"relay: { connections: 2, messages_per_connection: 10, tls: verify }\n",
		NULL);

	CHECK_VALUE("a.mail.protection.outlook.com", "a.test", "site.connections",
		"2 (r.yaml:3)");
	CHECK_VALUE(
		"a.yahoodns.net", "a.test", "messages_per_connection", "10 (r.yaml:3)");
	CHECK_VALUE("mx.icloud.com", "a.test", "messages_per_connection",
		"5 (shipped: apple)");
	CHECK_VALUE("a.l.google.com", "a.test", "tls", "verify (r.yaml:3)");
	shaping_release(&shaping);
	shaping = shaping_of("relay: { messages_per_connection: 0 }\n", NULL);
	CHECK_VALUE("a.yahoodns.net", "a.test", "messages_per_connection",
		"20 (shipped: yahoo)");
	shaping_release(&shaping);
}

CASE("the provider of the best host that has one; the longest name; a local one's")
{
	struct shaping *shaping = shaping_of("",
		"providers:\n"
		"  - { name: far, mx: [\"*.test\"] }\n"
		"  - { name: near, mx: [\"*.a.test\"] }\n"
		"  - { name: mine, mx: [\"*.yahoodns.net\"] }\n"
		"  - { name: kpn, mx: [mx.new.example] }\n");
	struct slice hosts[] = {SLICE("mx.none.example"), SLICE("mx.b.test")};
	struct shaping_question question = {
		.hosts = hosts, .host_count = 2, .domain = SLICE("d.example")};
	struct shaping_rule rule;

	shaping_find(shaping, &question, &rule);
	CHECK_SLICE(slice_of(rule.provider_name), "far");
	CHECK_SLICE(slice_of(find(shaping, "x.a.test", "d").provider_name), "near");
	CHECK_SLICE(slice_of(find(shaping, "x.y.a.test", "d").provider_name), "near");
	CHECK_SLICE(slice_of(find(shaping, "a.test", "d").provider_name), "far");
	CHECK_SLICE(
		slice_of(find(shaping, "mta.yahoodns.net", "d").provider_name), "mine");
	CHECK_SLICE(
		slice_of(find(shaping, "mx.new.example", "d").provider_name), "kpn");
	/* Its names replace the ones that ship, like any other value. */
	CHECK(!find(shaping, "mx.kpnmail.nl", "d").provider_name);
	shaping_release(&shaping);
}

static const char reactions[] =
	"default:\n"
	"  react:\n"
	"    - { match: { code: 4 }, action: none }\n"
	"providers:\n"
	"  - name: google\n"
	"    react:\n"
	"      - match: { code: 421, enhanced: 4.7.28, text: 'slow (it|them)' }\n"
	"        action: messages_per_hour\n"
	"        to: 100\n"
	"        for: 2h\n"
	"        after: 3 in 10m\n"
	"        scope: tenant\n"
	"        recover: { times: 2, every: 30s, steps: 4 }\n"
	"domains:\n"
	"  - domain: one.test\n"
	"    react:\n"
	"      - { name: x, match: { text: a }, action: suspend, for: 1m, recover: { "
	"every: 1m } }\n"
	"      - { match: { text: b }, action: connections, to: 2, for: 1m }\n";

CASE("reactions: the last layer's first, as data")
{
	struct shaping *shaping = shaping_of("", reactions);
	struct shaping_rule rule = find(shaping, "a.l.google.com", "one.test");
	const struct reaction *first;

	CHECK_NUMBER(rule.reaction_lists, 5);
	CHECK_NUMBER(rule.reactions[0]->count, 2);
	first = &rule.reactions[0]->list[0];
	CHECK_SLICE(slice_of(first->name), "x");
	CHECK_NUMBER(first->action, REACTION_SUSPEND);
	CHECK_NUMBER(first->scope, REACTION_DOMAIN);
	CHECK_NUMBER(first->after, 1);
	CHECK_NUMBER(first->recover.connections, 1);
	CHECK_NUMBER(first->recover.add, 1);
	CHECK_NUMBER(first->recover.steps, 10);
	CHECK(!first->code && !first->enhanced);
	CHECK_SLICE(slice_of(first[1].name), "one.test/2");
	CHECK_NUMBER(first[1].to, 2);
	CHECK_NUMBER(first[1].recover.every_ms, 0);
	first = &rule.reactions[1]->list[0];
	CHECK_SLICE(slice_of(rule.reactions[1]->origin), "s.yaml");
	CHECK_NUMBER(first->line, 7);
	CHECK_SLICE(slice_of(first->code), "421");
	CHECK_SLICE(slice_of(first->enhanced), "4.7.28");
	CHECK_SLICE(slice_of(first->text), "slow (it|them)");
	CHECK_NUMBER(first->action, REACTION_MESSAGES);
	CHECK_NUMBER(first->period, PER_HOUR);
	CHECK_NUMBER(first->to, 100);
	CHECK_NUMBER(first->for_ms, 7200000);
	CHECK_NUMBER(first->after, 3);
	CHECK_NUMBER(first->within_ms, 600000);
	CHECK_NUMBER(first->scope, REACTION_TENANT);
	CHECK_NUMBER(first->recover.times, 2);
	CHECK_NUMBER(first->recover.add, 0);
	CHECK_NUMBER(first->recover.every_ms, 30000);
	CHECK_NUMBER(rule.reactions[2]->list[0].scope, REACTION_SITE);
	CHECK_SLICE(slice_of(rule.reactions[3]->origin), "shipped: google");
	CHECK_SLICE(slice_of(rule.reactions[4]->origin), "shipped: default");
	for (size_t i = 0; i < shaping_list_count(shaping); i++)
		CHECK_NUMBER(shaping_list(shaping, i)->id, i);
	shaping_release(&shaping);
}

CASE("what is wrong, with its place")
{
	static const struct {
		const char *text, *want;
	} wrong[] = {
		{"default: { conections: 5 }",
			"s.yaml:1:12: unknown key \"conections\", "
			"perhaps \"connections\"; allowed: "},
		{"default: { connections: -1 }",
			"s.yaml:1:25: connections: \"-1\" is not a whole number; "},
		{"default: { site: { connections: 1 } }",
			"s.yaml:1:12: unknown key \"site\"; allowed: "},
		{"default: { tls: maybe }",
			"s.yaml:1:17: tls: \"maybe\" is unknown here; "
			"allowed: one of none, may, must, verify"},
		{"default: [", "s.yaml:"},
		{"- a", "s.yaml:1:1: the file is no mapping of keys to values; "},
		{"providers: [ { name: new } ]", "s.yaml:1:14: \"new\" is no provider "
						 "of the built-in rules, and "
						 "mx is missing; "},
		{"providers: [ { mx: [a.test] } ]",
			"s.yaml:1:14: \"name\" is missing; "},
		{"providers: [ { name: qq }, { name: qq } ]",
			"s.yaml:1:28: provider \"qq\" again; allowed: once"},
		{"providers:\n- { name: a, mx: [x.test] }\n- { name: b, mx: [x.TEST] }",
			"s.yaml:3:19: mx: \"x.TEST\" is of provider \"a\" already; "},
		{"providers: [ { name: a, mx: [\"a.*.test\"] } ]",
			"s.yaml:1:30: mx: \"a.*.test\" does not fit; "},
		{"domains: [ { domain: a.test }, { domain: A.test } ]",
			"s.yaml:1:32: domain \"a.test\" again; allowed: once"},
		{"domains: [ { domain: \"*\" } ]", "s.yaml:1:22: domain: \"*\" "},
		{"default: { react: [ { action: none } ] }",
			"s.yaml:1:21: match: it would match every reply; "},
		{"default: { react: [ { match: { code: 250 }, action: none } ] }",
			"s.yaml:1:38: code: \"250\" "},
		{"default: { react: [ { match: { text: '(a' }, action: none } ] }",
			"s.yaml:1:38: text: "},
		{"default: { react: [ { match: { enhanced: 4.x }, action: none } ] }",
			"s.yaml:1:42: enhanced: \"4.x\" "},
		{"default: { react: [ { match: { code: 4 }, action: stop } ] }",
			"s.yaml:1:51: action: \"stop\" is unknown here; allowed: one "
			"of none, "
			"suspend, "},
		{"default: { react: [ { match: { code: 4 }, action: suspend } ] }",
			"s.yaml:1:21: \"for\" is missing; "},
		{"default: { react: [ { match: { code: 4 }, action: suspend, for: 1m, "
		 "to: 3 } ] }",
			"s.yaml:1:73: to: this action has no number; "},
		{"default: { react: [ { match: { code: 4 }, action: connections, for: "
		 "1m "
		 "} ] }",
			"s.yaml:1:21: \"to\" is missing; "},
		{"default: { react: [ { match: { code: 4 }, action: suspend, for: 1m, "
		 "after: 3 } ] }",
			"s.yaml:1:76: after: \"3\" "},
		{"default: { react: [ { match: { code: 4 }, action: suspend, for: 1m, "
		 "recover: { add: 1 } } ] }",
			"s.yaml:1:21: recover: \"every\" is missing; "},
		{"default: { react: [ { match: { code: 4 }, action: suspend, for: 1m, "
		 "recover: { every: 1m, add: 1, times: 2 } } ] }",
			"s.yaml:1:106: recover: times with add; "},
	};

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		struct config *config = config_of("");
		char *errors = NULL;
		struct shaping *shaping = shaping_parse_text(
			config, "s.yaml", slice_of(wrong[i].text), &errors);

		if (!CHECK(!shaping && errors &&
			    slice_starts(slice_of(errors), slice_of(wrong[i].want))))
			fprintf(stderr, "%s\n got  %s want %s\n", wrong[i].text,
				errors ? errors : "nothing", wrong[i].want);
		memory_free(errors);
		shaping_release(&shaping);
		config_release(&config);
	}
}

CASE("a file of comments says nothing, and that is fine")
{
	struct shaping *shaping = shaping_of("", "# nothing yet\n\n  # default: {}\n");

	CHECK_VALUE("mx.a.test", "a.test", "site.connections", "20 (default)");
	shaping_release(&shaping);
}

CASE("a file that is not there is an error where it is named")
{
	struct config *config = config_of("shaping:\n  file: /nonexistent/s.yaml\n");
	char *errors = NULL;
	struct shaping *shaping = shaping_load(config, &errors);

	CHECK(!shaping);
	CHECK_SLICE(slice_of(errors), "r.yaml:4:9: /nonexistent/s.yaml: cannot be "
				      "opened: No such file or directory\n");
	memory_free(errors);
	config_release(&config);
}

CHECK_MAIN()
