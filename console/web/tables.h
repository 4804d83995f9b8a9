/* The tables of resources, one in each file of a topic (resource.h). */
#ifndef RINGPOST_WEB_TABLES_H
#define RINGPOST_WEB_TABLES_H

#include "web/resource.h"

extern const struct web_table web_accounts;
extern const struct web_table web_destinations;
extern const struct web_table web_domains;
extern const struct web_table web_eta;
extern const struct web_table web_keys;
extern const struct web_table web_messages;
extern const struct web_table web_server;
extern const struct web_table web_suppressions;
extern const struct web_table web_templates;
extern const struct web_table web_webhooks;

#endif
