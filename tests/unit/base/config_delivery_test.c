/* The configuration of mail that stays here. */
#include "config_check.h"

CASE("routes and tenants whose mail goes to mailboxes")
{
	struct config *config = config_of(BEGINNING
		"routes:\n"
		"- { domain: example.com, mailbox: true }\n"
		"- { domain: .test, capture: { account: a@b.example, mailbox: X/y } }\n"
		"tenants:\n"
		"- { name: staging, capture: { account: Stage } }\n"
		"- { name: acme, outcomes: app }\n");
	const struct config_capture *capture;

	if (!config)
		return;
	CHECK(config->routes[0].mailbox && !config->routes[0].capture.account);
	CHECK_SLICE(slice_of(config->routes[1].capture.account), "a@b.example");
	CHECK_SLICE(slice_of(config->routes[1].capture.mailbox), "X/y");
	capture = config_capture_find(config, SLICE("staging"));
	CHECK(capture && !capture->mailbox);
	CHECK(!config_capture_find(config, SLICE("acme")));
	CHECK(!config_capture_find(config, SLICE_EMPTY));
	CHECK_SLICE(slice_of(config->tenants[1].outcomes), "app");
	CHECK(config_delivers(config));
	CHECK_NUMBER(config->delivery.over_quota, CONFIG_OVER_QUOTA_LATER);
	CHECK_SLICE(slice_of(config->delivery.detail), "+");
	CHECK_NUMBER(config->delivery.hops, 50);
	config_release(&config);
	config = config_of(BEGINNING);
	CHECK(config && !config_delivers(config));
	config_release(&config);
}

CASE("what cannot be together is said")
{
	static const struct wrong table[] = {
		{"routes: [{ domain: a.b, mailbox: true, host: x.y }]\n",
			"t.yaml:3:46: not with mailbox: true, which sends nothing; "
			"allowed: domain and mailbox alone\n"},
		{"routes: [{ domain: a.b, mailbox: true, discard: true }]\n",
			"t.yaml:3:49: discard with mailbox; allowed: one of them\n"},
		{"routes: [{ domain: a.b, mailbox: true,\n"
		 "  capture: { account: c } }]\n",
			"t.yaml:3:34: mailbox with capture, which is of all "
			"recipients; "
			"allowed: one of them\n"},
		{"routes: [{ domain: a.b, capture: { mailbox: c } }]\n",
			"t.yaml:3:34: \"account\" is missing; allowed: an account's "
			"name\n"},
		{"tenants: [{ name: a, capture: { account: b, mailbox: /c } }]\n",
			"t.yaml:3:54: mailbox: \"/c\" does not fit; allowed: a mailbox "
			"such as Captured or Tests/Staging\n"},
		{"delivery: { over_quota: never, hops: 0, detail: xy }\n",
			"t.yaml:3:25: over_quota: \"never\" is unknown here; allowed: "
			"one of "
			"later, refuse\n"
			"t.yaml:3:38: hops: \"0\" is out of range; allowed: a whole "
			"number from 1 to 1000\n"
			"t.yaml:3:49: detail: \"xy\" does not fit; allowed: one "
			"character, or \"\" for nothing\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CHECK_MAIN()
