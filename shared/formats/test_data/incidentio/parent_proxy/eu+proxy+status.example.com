{
 "summary": {
  "id": "01K0EUR0PE0000000000000000",
  "name": "Europe",
  "subpath": "eu",
  "public_url": "https://status.example.com/eu",
  "page_type": "standalone",
  "components": [
   {
    "id": "01K0C0MP0NENT0000000000001",
    "name": "Application",
    "status_page_id": "01K0EUR0PE0000000000000000"
   },
   {
    "id": "01K0C0MP0NENT0000000000002",
    "name": "Billing",
    "status_page_id": "01K0EUR0PE0000000000000000"
   }
  ],
  "affected_components": [
   {
    "component_id": "01K0C0MP0NENT0000000000001",
    "status": "partial_outage"
   }
  ],
  "ongoing_incidents": [
   {
    "id": "01KKEUR0PE0000000000000001",
    "name": "Boards do not load",
    "type": "incident",
    "status": "identified",
    "published_at": "2026-05-04T14:00:00Z",
    "updates": [
     {
      "id": "01KKEUR0PE00000000000000U0",
      "published_at": "2026-05-04T14:00:00Z",
      "to_status": "investigating",
      "message_string": "Boards do not load for some.",
      "component_statuses": [
       {
        "component_id": "01K0C0MP0NENT0000000000001",
        "status": "partial_outage"
       }
      ]
     },
     {
      "id": "01KKEUR0PE00000000000000U1",
      "published_at": "2026-05-04T15:00:00Z",
      "to_status": "identified",
      "message_string": "A database is full.",
      "component_statuses": [
       {
        "component_id": "01K0C0MP0NENT0000000000001",
        "status": "partial_outage"
       }
      ]
     }
    ],
    "component_impacts": [],
    "affected_components": [
     {
      "component_id": "01K0C0MP0NENT0000000000001",
      "status": "partial_outage",
      "current_status": "partial_outage"
     }
    ]
   }
  ],
  "scheduled_maintenances": [],
  "structure": {
   "id": "01K0EUR0PE0000000000000000",
   "status_page_id": "01K0EUR0PE0000000000000000",
   "items": [
    {
     "group": {
      "id": "g",
      "name": "Platform",
      "hidden": false,
      "components": [
       {
        "component_id": "01K0C0MP0NENT0000000000001",
        "name": "Application",
        "hidden": false
       }
      ]
     }
    },
    {
     "component": {
      "component_id": "01K0C0MP0NENT0000000000002",
      "name": "Billing",
      "hidden": false
     }
    }
   ]
  }
 }
}
