{
 "summary": {
  "id": "01J8ZQ5W3T0000000000000000",
  "name": "Example",
  "subpath": "",
  "public_url": "https://status.example.com/",
  "logo_url": null,
  "components": [
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000003",
    "name": "Email delivery",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000000",
    "name": "Machine authentication",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000009",
    "name": "Documentation",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000001",
    "name": "Webhooks",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000007",
    "name": "Session management",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000002",
    "name": "B2B SaaS",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000008",
    "name": "Dashboard",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000004",
    "name": "SMS delivery",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000006",
    "name": "Billing",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   },
   {
    "id": "01J8ZQ5W3TC0MP0NENT0000005",
    "name": "User and authentication",
    "status_page_id": "01J8ZQ5W3T0000000000000000"
   }
  ],
  "affected_components": [
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
    "status": "under_maintenance"
   }
  ],
  "ongoing_incidents": [],
  "scheduled_maintenances": [
   {
    "id": "01KN0MA1NTENANCE0000000002",
    "name": "Invoice archive move",
    "type": "maintenance",
    "status": "maintenance_scheduled",
    "status_page_id": "01J8ZQ5W3T0000000000000000",
    "published_at": "2026-05-01T09:00:00Z",
    "updates": [
     {
      "id": "01KN0MA1NTENANCE00000002U1",
      "published_at": "2026-05-01T09:00:00Z",
      "to_status": "maintenance_scheduled",
      "message_string": "The archive moves to new disks.",
      "component_statuses": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "status": "operational"
       }
      ],
      "automated_update": true
     }
    ],
    "component_impacts": [
     {
      "id": "01KN0MA1NTENANCE00000000I0",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status": "under_maintenance",
      "start_at": "2026-05-20T15:00:00Z",
      "end_at": "2026-05-20T17:00:00Z"
     }
    ],
    "status_summaries": [],
    "affected_components": [
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status": "under_maintenance",
      "current_status": "operational"
     }
    ]
   }
  ],
  "structure": {
   "id": "01J8ZQ5W3TSTRUCTURE0000000",
   "status_page_id": "01J8ZQ5W3T0000000000000000",
   "items": [
    {
     "group": {
      "id": "01J8ZQ5W3TGR0VP00000000000",
      "name": "Sign-in",
      "hidden": false,
      "display_aggregated_uptime": true,
      "components": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
        "name": "Machine authentication",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
        "name": "User and authentication",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
        "name": "Session management",
        "hidden": false,
        "display_uptime": true
       }
      ]
     }
    },
    {
     "group": {
      "id": "01J8ZQ5W3TGR0VP00000000001",
      "name": "Platform",
      "hidden": false,
      "display_aggregated_uptime": true,
      "components": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
        "name": "Webhooks",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
        "name": "B2B SaaS",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "name": "Billing",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000008",
        "name": "Dashboard",
        "hidden": false,
        "display_uptime": true
       }
      ]
     }
    },
    {
     "group": {
      "id": "01J8ZQ5W3TGR0VP00000000002",
      "name": "Delivery",
      "hidden": false,
      "display_aggregated_uptime": true,
      "components": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
        "name": "Email delivery",
        "hidden": false,
        "display_uptime": true
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
        "name": "SMS delivery",
        "hidden": false,
        "display_uptime": true
       }
      ]
     }
    },
    {
     "component": {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000009",
      "name": "Documentation",
      "hidden": false,
      "display_uptime": false
     }
    }
   ]
  },
  "expose_status_summary_api": false,
  "date_view": "list",
  "locale": "en",
  "page_type": "standalone",
  "in_progress_maintenances": [
   {
    "id": "01KN0MA1NTENANCE0000000001",
    "name": "Invoice database upgrade",
    "type": "maintenance",
    "status": "maintenance_in_progress",
    "status_page_id": "01J8ZQ5W3T0000000000000000",
    "published_at": "2026-04-28T09:00:00Z",
    "updates": [
     {
      "id": "01KN0MA1NTENANCE00000001U1",
      "published_at": "2026-04-28T09:00:00Z",
      "to_status": "maintenance_scheduled",
      "message_string": "We upgrade the database of invoices.",
      "component_statuses": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "status": "operational"
       }
      ],
      "automated_update": true
     },
     {
      "id": "01KN0MA1NTENANCE00000001U2",
      "published_at": "2026-05-04T15:00:30.5Z",
      "to_status": "maintenance_in_progress",
      "message_string": "The upgrade has begun.",
      "component_statuses": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "status": "under_maintenance"
       }
      ],
      "automated_update": true
     }
    ],
    "component_impacts": [
     {
      "id": "01KN0MA1NTENANCE00000000I0",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status": "under_maintenance",
      "start_at": "2026-05-04T15:00:00Z",
      "end_at": "2026-05-04T17:00:00Z"
     }
    ],
    "status_summaries": [],
    "affected_components": [
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status": "under_maintenance",
      "current_status": "under_maintenance"
     }
    ]
   }
  ]
 }
}
