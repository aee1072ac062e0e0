INSERT INTO directives (id, sender, text, options, created_at)
VALUES ('dir_1', 'ceo', 'Sell tea by post', '{"budget": null, "playbook": "startup"}', '2026-03-01 12:30:00+00:00');
INSERT INTO proposals (id, directive_id, sender, status, reason, created_at, decided_at)
VALUES ('prop_1', 'dir_1', 'ceo', 'accepted', NULL, '2026-03-01 12:30:00+00:00', '2026-03-01 12:30:00+00:00');
INSERT INTO missions (id, directive_id, proposal_id, slug, directive, playbook, status, reason, summary, replans,
  created_at, finished_at)
VALUES ('mis_1', 'dir_1', 'prop_1', 'sell-tea', 'Sell tea by post', 'startup', 'running', NULL, NULL, 0,
  '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO tasks (id, mission_id, key, kind, role, title, description, deliverable, acceptance, parent_id,
  parent_turn_id, hops, status, attempt, lease_owner, lease_until, reason, summary, created_at, started_at, finished_at)
VALUES ('task_1', 'mis_1', 'tea', 'work', 'pm', 'Find tea', 'Find tea.', '{"kind": "report", "name": "tea"}',
  '["it is found"]', NULL, NULL, 0, 'parked', 1, NULL, NULL, 'question apr_3', NULL, '2026-03-01 12:30:00+00:00',
  '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO turns (id, task_id, attempt, n, role, content, call_id, tool, arguments, state, created_at, done_at)
VALUES ('turn_1', 'task_1', 1, 1, 'assistant', 'I look.', NULL, NULL, NULL, 'done', '2026-03-01 12:30:00+00:00',
  '2026-03-01 12:30:00+00:00');
INSERT INTO turns (id, task_id, attempt, n, role, content, call_id, tool, arguments, state, created_at, done_at)
VALUES ('turn_2', 'task_1', 1, 2, 'tool', 'nothing', 'call_1', 'list_files', '{"path": null}', 'done',
  '2026-03-01 12:30:00+00:00', '2026-03-01 12:30:00+00:00');
INSERT INTO turns (id, task_id, attempt, n, role, content, call_id, tool, arguments, state, created_at, done_at)
VALUES ('turn_3', 'task_1', 1, 3, 'tool', '', 'call_2', 'run_command', '{"command": "ls"}', 'waiting',
  '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO approvals (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, answer, created_at,
  decided_at)
VALUES ('apr_1', 'question', 'mis_1', 'task_1', NULL, 'Which country?', 0, '{}', 'granted', 'Austria',
  '2026-03-01 12:30:00+00:00', '2026-03-01 12:30:00+00:00');
INSERT INTO approvals (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, answer, created_at,
  decided_at)
VALUES ('apr_2', 'permission', 'mis_1', 'task_1', 'turn_3', 'May pm use run_command?', 0, '{"tool": "run_command"}',
  'granted', NULL, '2026-03-01 12:30:00+00:00', '2026-03-01 12:30:00+00:00');
INSERT INTO approvals (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, answer, created_at,
  decided_at)
VALUES ('apr_3', 'budget', 'mis_1', 'task_1', NULL, 'Raise it?', 5000000000, '{"scope": "mission:mis_1"}', 'open',
  NULL, '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO outgoing (id, mission_id, name, remote, wanted, there, status, reason, attempts, next_at, issues,
  approval_id, created_at, settled_at)
VALUES ('art_1', 'mis_1', 'app', NULL, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL, 'waiting', 'away', 2,
  '2026-03-01 12:30:00+00:00', '{}', NULL, '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO outgoing (id, mission_id, name, remote, wanted, there, status, reason, attempts, next_at, issues,
  approval_id, created_at, settled_at)
VALUES ('art_2', 'mis_1', 'web', '6', 'cccccccccccccccccccccccccccccccccccccccc', NULL, 'refused', 'theirs', 0,
  '2026-03-01 12:30:00+00:00', '{}', 'apr_1', '2026-03-01 12:30:00+00:00', NULL);
INSERT INTO outgoing (id, mission_id, name, remote, wanted, there, status, reason, attempts, next_at, issues,
  approval_id, created_at, settled_at)
VALUES ('art_3', 'mis_1', 'old', '7', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'out', NULL, 0, '2026-03-01 12:30:00+00:00', '{"task_1": [3, true]}',
  NULL, '2026-03-01 12:30:00+00:00', '2026-03-01 12:30:00+00:00');
INSERT INTO usage (id, mission_id, task_id, agent, model, input_tokens, output_tokens, cost, price_known, answered,
  created_at)
VALUES ('use_1', 'mis_1', 'task_1', 'pm', 'm', 10, 20, 1200, true, true, '2026-03-01 12:30:00+00:00');
