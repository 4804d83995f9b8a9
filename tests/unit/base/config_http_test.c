/* Listeners of role http, and the section of that name. */
#include "config_check.h"

#define LISTENER "hostname: mail.example.com\nlisteners:\n  - { role: http, "

CASE("what listeners of role http may be")
{
	static const struct wrong table[] = {
		{"address: \"127.0.0.1:8080\", tls: none }\n", ""},
		{"address: \"[::1]\", tls: none, serves: [metrics] }\n", ""},
		{"address: \"10.0.0.1:80\", tls: none, networks: [10.0.0.0/8] }\n", ""},
		{"address: \"10.0.0.1:80\", tls: none }\n",
			"t.yaml:3:48: tls: \"none\" on \"10.0.0.1:80\", which others "
			"can "
			"reach; allowed: on a loopback address such as "
			"\"127.0.0.1:2525\", or with networks that say who may "
			"connect\n"},
		{"address: \"127.0.0.1:80\", tls: none, serves: [] }\n",
			"t.yaml:3:63: serves: an empty list; allowed: at least one of "
			"api, metrics, unsubscribe\n"},
		{"address: \"127.0.0.1:80\", tls: none, serves: [mail] }\n",
			"t.yaml:3:64: serves: \"mail\" is unknown here; allowed: a "
			"list of "
			"api, metrics, unsubscribe\n"},
		{"address: \"127.0.0.1:80\", tls: none, require_auth: false }\n",
			"t.yaml:3:69: require_auth: this is about mail that is handed "
			"in "
			"by SMTP; allowed: with role: submission\n"},
	};

	CHECK_ERRORS(LISTENER, table);
}

CASE("without STARTTLS, and with a certificate")
{
	static const struct wrong table[] = {
		{"address: \"127.0.0.1:80\", tls: starttls }\ntls: [{ certificate: a, "
		 "key: b }]\n",
			"t.yaml:3:49: tls: \"starttls\" for role http; allowed: "
			"implicit, "
			"or none\n"},
		{"address: \"[::]\", tls: implicit }\ntls: [{ certificate: a, key: b "
		 "}]\n",
			""},
	};

	CHECK_ERRORS(LISTENER, table);
}

CASE("ports, services and the section")
{
	struct config *config = config_of(LISTENER
		"address: \"[::]\", tls: implicit, serves: [api, unsubscribe] }\n"
		"  - { role: http, address: \"[::1]\", tls: none }\n"
		"tls: [{ certificate: a, key: b }]\n"
		"http: { body_size: 64 KiB, idle_timeout: 2s }\n");

	if (!config)
		return;
	CHECK_NUMBER(config->listeners[0].endpoint.port, 443);
	CHECK_NUMBER(config_services(&config->listeners[0].serves),
		CONFIG_SERVES_API | CONFIG_SERVES_UNSUBSCRIBE);
	CHECK_NUMBER(config->listeners[1].endpoint.port, 80);
	CHECK_NUMBER(config_services(&config->listeners[1].serves),
		CONFIG_SERVES_API | CONFIG_SERVES_METRICS | CONFIG_SERVES_UNSUBSCRIBE);
	CHECK_NUMBER(config->http.body_size, 65536);
	CHECK_NUMBER(config->http.idle_timeout_ms, 2000);
	CHECK_NUMBER(config->http.body_memory, 256 << 20);
	config_release(&config);
}

CHECK_MAIN()
