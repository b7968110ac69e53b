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
    "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
    "status": "degraded_performance"
   },
   {
    "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
    "status": "degraded_performance"
   }
  ],
  "ongoing_incidents": [
   {
    "id": "01KKCAFE5T00000000000000CK",
    "name": "Elevated error rates",
    "type": "incident",
    "status": "investigating",
    "status_page_id": "01J8ZQ5W3T0000000000000000",
    "published_at": "2026-03-10T15:53:21.48Z",
    "updates": [
     {
      "id": "01KKCAFE5T00000000000000U1",
      "published_at": "2026-03-10T15:53:00Z",
      "to_status": "investigating",
      "message_string": "Some requests fail. We are looking into it.",
      "component_statuses": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
        "status": "degraded_performance"
       }
      ],
      "automated_update": false
     },
     {
      "id": "01KKCAFE5T00000000000000U2",
      "published_at": "2026-03-10T16:17:00Z",
      "to_status": "investigating",
      "message_string": "Requests still fail for some; the cause is not known yet.",
      "component_statuses": [
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
        "status": "degraded_performance"
       },
       {
        "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
        "status": "degraded_performance"
       }
      ],
      "automated_update": false
     }
    ],
    "component_impacts": [
     {
      "id": "01KKCAFE5T0000000000000IM0",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM1",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM2",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM3",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM4",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM5",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM6",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     },
     {
      "id": "01KKCAFE5T0000000000000IM7",
      "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
      "status_page_incident_id": "01KKCAFE5T00000000000000CK",
      "status": "degraded_performance",
      "start_at": "2026-03-10T15:53:00Z",
      "end_at": null
     }
    ],
    "status_summaries": [],
    "affected_components": [
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000000",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000001",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000002",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000003",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000004",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000005",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000006",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     },
     {
      "component_id": "01J8ZQ5W3TC0MP0NENT0000007",
      "status": "degraded_performance",
      "current_status": "degraded_performance"
     }
    ]
   }
  ],
  "scheduled_maintenances": [],
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
  "page_type": "standalone"
 }
}
