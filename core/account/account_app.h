/*
 * App passwords: several for an account, each of one program, named, with a
 * scope, removable alone.
 */
#ifndef RINGPOST_ACCOUNT_ACCOUNT_APP_H
#define RINGPOST_ACCOUNT_ACCOUNT_APP_H

#include "account/account.h"

#define ACCOUNT_APP_TEXT 24 /* "xxxxx-xxxxx-xxxxx-xxxxx" and its NUL */

/* A new one, in the arena; TEXT is the password, told once. FAILURE_DATA: the
 * label is taken, or is not 1 to 63 letters, digits, ".", "-", "_"; _LIMIT: it
 * has ACCOUNT_APPS_MAX. Slow: runs on the pool. */
bool account_app_add(struct account *account, struct arena *arena, struct slice label,
	unsigned scopes, char text[ACCOUNT_APP_TEXT], struct deadline deadline);
/* FAILURE_DATA: there is none of that label. */
bool account_app_remove(struct account *account, struct slice label);
const struct account_app *account_app_find(
	const struct account *account, struct slice label);
/* Whether PASSWORD may be one: of that form, however it was typed. TEXT: as
 * it was told. */
bool account_app_read(struct slice password, char text[ACCOUNT_APP_TEXT]);
/*
 * Which of the account's app passwords PASSWORD is: *app_r, NULL for none (or
 * ACCOUNT is NULL). False: it could not be tried; FAILURE_LIMIT, TIMEOUT,
 * CANCELLED. On the pool.
 */
bool account_app_check(const struct account *account, struct slice password,
	const struct account_app **app_r, struct deadline deadline);
/* "submit,pickup" into bits; 0: not understood. And back. */
unsigned account_scopes_parse(struct slice text);
struct slice account_scopes_print(unsigned scopes);

#endif
